-- Addresses of people who asked to be erased are left out; keys of systems stay, so that their sales still
-- count.
{{ config(
    unique_key=['identifier_kind', 'identifier_value', 'customer_id'],
    meta={'carried_by': ['customer_id'], 'compared': ['is_primary', 'first_seen_on', 'last_seen_at']},
) }}
{% set orders, accounts = ref('stg_webshop__orders'), ref('stg_webshop__accounts') %}
{% set identifiers, browsers = ref('int_identity__identifiers'), ref('int_identity__anonymous_ids') %}
{% set since = carried_from(
    [
        ref('int_identity__records'), ref('int_identity__persons'), identifiers, browsers, orders, accounts,
        ref('int_customers__golden_records'),
    ]
) %}
{%- if since %}
    with
        touched_accounts as (
            select account_id
            from {{ affected_keys(accounts) }}
            union all
            {{ accounts_of_affected_orders() | indent(12) }}
        ),
        -- Of an address that is nobody's today, or was nobody's, also those who only wrote it on an order.
        judged as (
            select identifier_kind, identifier_value
            from {{ identifiers }}
            semi join {{ affected_keys(identifiers) }} using (record_id, identifier_kind)
            where is_blocked
        ),
        acquitted as (
            select identifier_kind, previous_identifier_value as identifier_value
            from {{ affected_keys(identifiers) }}
            where previous_is_blocked
            except
            select identifier_kind, identifier_value
            from {{ identifiers }}
            where is_blocked
        ),
        -- All that was ever written on orders is only looked at where there is such an address.
        asked_of as (select * from {{ orders }} where exists (select 1 from acquitted))
        {{ customers_of_changed_records() | indent(4) }}
    union all
    select customer_id
    from {{ affected_keys(ref('int_customers__golden_records')) }}
    union all
    select previous_customer_id
    from {{ affected_keys(browsers) }}
    union all
    select customer_id
    from {{ browsers }}
    semi join {{ affected_keys(browsers) }} using (anonymous_id, identified_at)
    union all
    select customer_id
    from {{ this }}
    semi join judged using (identifier_kind, identifier_value)
    union all
    select persons.customer_id
    from {{ ref('int_identity__persons') }} as persons
    where
        persons.record_id in (
            select 'webshop:' || account_id
            from touched_accounts
            union all
            select record_id
            from ({{ written_on_orders('asked_of', accounts) | indent(16) }}) as written
            semi join acquitted using (identifier_kind, identifier_value)
        )
        {{ carried_mark() }}
{%- endif %}
with
    persons as (select * from {{ ref('int_identity__persons') }} {{ only_affected(since, 'customer_id') }}),
    records as (
        select *
        from {{ ref('int_identity__records') }}
        {% if since -%} semi join persons using (record_id) {%- endif %}
    ),
    golden as (
        select * from {{ ref('int_customers__golden_records') }} {{ only_affected(since, 'customer_id') }}
    ),
    orders as (
        select *
        from {{ orders }}
        {% if since -%} where account_id in ({{ ids_of('webshop', 'persons', 'record_id') }}) {%- endif %}
    ),
    accounts as (select * from {{ accounts }}),
    identifiers as (
        select record_id, identifier_kind, identifier_value, source, first_received_on, updated_at
        from {{ identifiers }}
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
        select record_id, identifier_kind, identifier_value, 'webshop_order', first_received_on, placed_at
        from ({{ written_on_orders('orders', 'accounts') | indent(12) }}) as written
    ),
    blocked as (select distinct identifier_kind, identifier_value from {{ identifiers }} where is_blocked),
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
        from {{ browsers }} {{ only_affected(since, 'customer_id') }}
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
