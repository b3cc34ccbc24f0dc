-- Addresses of people who asked to be erased are left out; keys of systems stay, so that their sales still
-- count.
{{ config(
    unique_key=['identifier_kind', 'identifier_value', 'customer_id'],
    meta={'compared': ['is_primary', 'first_seen_on']},
) }}
with
    records as (select * from {{ ref('int_identity__records') }}),
    persons as (select * from {{ ref('int_identity__persons') }}),
    golden as (select * from {{ ref('int_customers__golden_records') }}),
    -- Most customers write the same on every order.
    written_on_orders as (
        select
            account_id, email, phone, min(first_received_on) as first_received_on, max(placed_at) as placed_at
        from {{ ref('stg_webshop__orders') }}
        where account_id is not null
        group by account_id, email, phone
    ),
    -- A number on an order is read as its account's are.
    orders as (
        select
            'webshop:' || orders.account_id as record_id,
            orders.first_received_on,
            orders.placed_at,
            {{ normalise_email('orders.email') }} as email,
            {{ normalise_phone('orders.phone', 'accounts.country', looked_up='known_number') }} as phone
        from written_on_orders as orders
        left join {{ ref('stg_webshop__accounts') }} as accounts using (account_id)
        left join {{ foreign_numbers() }} on {{ is_foreign_number('orders.phone', 'accounts.country') }}
    ),
    identifiers as (
        select record_id, identifier_kind, identifier_value, source, first_received_on, updated_at
        from {{ ref('int_identity__identifiers') }}
        where not is_blocked
        union all
        select
            record_id,
            case source when 'webshop' then 'webshop_account' else 'pos_customer' end,
            source_id,
            source,
            first_received_on,
            updated_at
        from records
        where source in ('webshop', 'pos')
        -- What a customer wrote on an order is an address of theirs, even if the account holds another one.
        union all
        select record_id, 'email', email, 'webshop_order', first_received_on, placed_at
        from orders
        where email is not null
        union all
        select record_id, 'phone', phone, 'webshop_order', first_received_on, placed_at
        from orders
        where phone is not null
    ),
    blocked as (
        select distinct identifier_kind, identifier_value
        from {{ ref('int_identity__identifiers') }}
        where is_blocked
    ),
    of_persons as (
        select persons.customer_id, identifiers.* exclude (record_id)
        from identifiers
        join persons using (record_id)
        anti join blocked using (identifier_kind, identifier_value)
        union all by name
        select
            customer_id,
            'anonymous_id' as identifier_kind,
            anonymous_id as identifier_value,
            'tracker' as source,
            {{ local_day('identified_at') }} as first_received_on,
            identified_at as updated_at
        from {{ ref('int_identity__anonymous_ids') }}
    ),
    summed as (
        select
            customer_id,
            identifier_kind,
            identifier_value,
            arg_min(source, (first_received_on, source)) as source,
            min(first_received_on) as first_seen_on,
            max(updated_at) as last_seen_at
        from of_persons
        group by customer_id, identifier_kind, identifier_value
    ),
    final as (
        select
            summed.customer_id,
            summed.identifier_kind,
            summed.identifier_value,
            summed.source,
            summed.first_seen_on,
            summed.last_seen_at,
            coalesce(
                case
                    summed.identifier_kind
                    when 'email'
                    then summed.identifier_value = golden.email
                    when 'phone'
                    then summed.identifier_value = golden.phone
                    when 'member_id'
                    then summed.identifier_value = golden.member_id
                end,
                false
            ) as is_primary
        from summed
        join golden using (customer_id)
        where not (golden.is_erased and summed.identifier_kind in ('email', 'phone'))
    )
select *
from final
