-- Every source record of a person, with what identifies it in normal form. Orders are records only where
-- nothing else is known of the buyer.
{{ config(unique_key='record_id', meta={'compared': 'all'}) }}
{% set members, accounts = ref('stg_club__members'), ref('stg_webshop__accounts') %}
{% set till_customers, orders = ref('stg_pos__customers'), ref('stg_webshop__orders') %}
{% set since = carried_from([members, accounts, till_customers, orders]) %}
{% set described %}
first_name, last_name, birth_date, street, postal_code, city, country, language, company_name, organisation_number
{% endset %}
{%- if since %}
    select 'club:' || member_id as record_id
    from {{ affected_keys(members) }}
    union all
    select 'webshop:' || account_id
    from {{ affected_keys(accounts) }}
    union all
    select 'pos:' || pos_customer_id
    from {{ affected_keys(till_customers) }}
    union all
    select 'webshop_order:' || webshop_order_id
    from {{ affected_keys(orders) }}
    union all
    select 'webshop:' || account_id
    from ({{ accounts_of_affected_orders() | indent(4) }}) as touched {{ carried_mark() }}
{%- endif %}
with
    members as (select * from {{ rows_of_records(members, 'club', 'member_id', since) }}),
    accounts as (select * from {{ rows_of_records(accounts, 'webshop', 'account_id', since) }}),
    till_customers as (select * from {{ rows_of_records(till_customers, 'pos', 'pos_customer_id', since) }}),
    orders as (
        select *
        from {{ rows_of_records(orders, 'webshop', 'account_id', since) }}
        where account_id is not null
    ),
    guest_orders as (
        select *
        from {{ rows_of_records(orders, 'webshop_order', 'webshop_order_id', since) }}
        where account_id is null
    ),
    trust as (select * from {{ ref('source_trust') }}),
    forms as (
        select
            kind,
            case when kind in ('nickname', 'no_name') then {{ name_key('value') }} else value end as value,
            case when kind = 'nickname' then {{ name_key('normal_form') }} else normal_form end as normal_form
        from {{ ref('identity_normal_forms') }}
    ),
    -- "Hansen, Kari", "Kari Hansen" and "Hansen Bygg AS" are all typed at tills, into one field.
    till_names as (
        select *, {{ has_company_form('name') }} as is_company, trim(split_part(name, ',', 2)) as after_comma
        from till_customers
    ),
    till_people as (
        select
            * exclude (after_comma),
            case
                when is_company
                then null
                when after_comma <> ''
                then after_comma
                else split_part(trim(name), ' ', 1)
            end as first_name,
            case
                when is_company
                then null
                when after_comma <> ''
                then split_part(name, ',', 1)
                else substr(trim(name), length(split_part(trim(name), ' ', 1)) + 2)
            end as last_name,
            case when is_company then name end as company_name,
            case when is_company then 'b2b' end as customer_type
        from till_names
    ),
    -- An account is known from its first order on, even if its own delivery comes later: otherwise the
    -- person behind the order would change id on the day the account arrives.
    account_orders as (
        select account_id, min(first_received_on) as first_received_on from orders group by account_id
    ),
    expected_accounts as (
        select
            account_id,
            arg_max(email, (placed_at, webshop_order_id)) as email,
            arg_max(phone, (placed_at, webshop_order_id)) as phone,
            max(placed_at) as updated_at,
            min(first_received_on) as first_received_on
        from orders
        anti join accounts using (account_id)
        group by account_id
    ),
    records as (
        select
            'club' as source,
            member_id as source_id,
            email,
            phone,
            member_id,
            {{ described }},
            customer_type,
            joined_at,
            updated_at,
            first_received_on
        from members
        union all by name
        select
            'webshop' as source,
            account_id as source_id,
            accounts.email,
            accounts.phone,
            member_id,
            {{ described }},
            accounts.updated_at,
            least(accounts.first_received_on, account_orders.first_received_on) as first_received_on
        from accounts
        left join account_orders using (account_id)
        union all by name
        select 'webshop' as source, account_id as source_id, email, phone, updated_at, first_received_on
        from expected_accounts
        union all by name
        select
            'pos' as source,
            pos_customer_id as source_id,
            email,
            phone,
            member_id,
            first_name,
            last_name,
            postal_code,
            company_name,
            customer_type,
            updated_at,
            first_received_on
        from till_people
        union all by name
        select
            'webshop_order' as source,
            webshop_order_id as source_id,
            email,
            phone,
            placed_at as updated_at,
            first_received_on
        from guest_orders
    ),
    normalised as (
        select
            records.source || ':' || records.source_id as record_id,
            records.source,
            records.source_id,
            trust.trust_rank,
            records.email as delivered_email,
            records.phone as delivered_phone,
            {{ normalise_email('records.email') }} as email,
            {{ normalise_phone('records.phone', 'records.country', looked_up='known_number') }} as phone,
            nullif(upper(trim(records.member_id)), '') as member_id,
            nullif(trim(records.first_name), '') as first_name,
            nullif(trim(records.last_name), '') as last_name,
            {{ name_key('records.first_name') }} as given_name_key,
            {{ compact_key(letters_read('records.last_name')) }} as last_name_key,
            {{ compact_key('records.postal_code') }} as postal_key,
            {{ compact_key('records.city') }} as city_key,
            nullif(
                regexp_replace({{ compact_key('records.street') }}, '[0-9]+\p{L}?$|^[0-9]+', ''), ''
            ) as street_key,
            nullif(
                regexp_extract({{ compact_key('records.street') }}, '[0-9]+\p{L}?$|^[0-9]+'), ''
            ) as house_key,
            {{ company_key('records.company_name') }} as company_key,
            records.birth_date,
            nullif(trim(records.street), '') as street,
            nullif(trim(records.postal_code), '') as postal_code,
            nullif(trim(records.city), '') as city,
            nullif(upper(trim(records.country)), '') as country,
            {{ normalise_language('records.language') }} as language,
            lower(records.customer_type) as customer_type,
            nullif(trim(records.company_name), '') as company_name,
            {{ normalise_organisation_number('records.organisation_number') }} as organisation_number,
            records.joined_at,
            records.updated_at,
            records.first_received_on
        from records
        join trust using (source)
        left join {{ foreign_numbers() }} on {{ is_foreign_number('records.phone', 'records.country') }}
    ),
    -- What stands for "not known" in a source is not a name or a day of birth, and a nickname is the name
    -- it is short for. A mailbox is compared under one name, however its provider lets it be written.
    compared as (
        select
            normalised.* exclude (birth_date),
            case when no_birth_dates.value is null then normalised.birth_date end as birth_date,
            case
                when no_names.value is null then coalesce(nicknames.normal_form, normalised.given_name_key)
            end as first_name_key,
            {{ mailbox('normalised.email') }} as mailbox
        from normalised
        left join forms as nicknames on nicknames.kind = 'nickname' and nicknames.value = given_name_key
        left join forms as no_names on no_names.kind = 'no_name' and no_names.value = given_name_key
        left join
            forms as no_birth_dates
            on no_birth_dates.kind = 'no_birth_date'
            and no_birth_dates.value = cast(normalised.birth_date as varchar)
            {{ mailbox_forms('forms', 'normalised.email') }}
    ),
    -- A guest of whom nothing usable is known is nobody's record; its order stays without a customer. What an
    -- address says is only asked of those who say no name: it costs as much as all else here.
    final as (
        select
            *,
            coalesce(length(first_name_key) > 1, false) as has_name,
            case when not has_name then {{ address_words('email') }} end as address_words
        from compared
        where source <> 'webshop_order' or email is not null or phone is not null
    )
select *
from final
