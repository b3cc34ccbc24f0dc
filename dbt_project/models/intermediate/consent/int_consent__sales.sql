-- Addresses that came from a sale, for the existing-customer basis: one row per order, channel that the
-- policy allows it on, and address. The basis ends with the setting's months, in calendar months of the
-- retailer's zone; the last instant belongs to it, so the half-open end is a microsecond later.
{{ config(
    unique_key=['order_id', 'channel'],
    meta={'carried_by': ['order_id'], 'compared': ['address', 'customer_id', 'ordered_at', 'ends_at']},
) }}
{% set all_orders, allowed = ref('fct_orders'), ref('int_consent__soft_opt_in') %}
{% set since = carried_from([all_orders, allowed]) %}
{% set addresses = {'email': 'email', 'sms': 'phone'} %}
{%- if since %}
    select order_id
    from {{ affected_keys(all_orders) }}
    -- What the policy says today holds for all sales there ever were.
    {%- for channel, address in addresses.items() %}
        union all
        select order_id
        from {{ all_orders }}
        where
            {{ address }} is not null
            and '{{ channel }}' in (select channel from {{ affected_keys(allowed) }})
        {%- endfor %} {{ carried_mark() }}
{%- endif %}
with
    allowed as (select * from {{ allowed }}),
    orders as (
        select *
        from {{ all_orders }} {{ only_affected(since, 'order_id') }}
        where is_valid and customer_id is not null
    ),
    addresses as (
        {%- for channel, address in addresses.items() %}
            {{ 'union all' if not loop.first }}
            select order_id, customer_id, ordered_at, '{{ channel }}' as channel, {{ address }} as address
            from orders
            where {{ address }} is not null
        {%- endfor %}
    ),
    final as (
        select
            addresses.*,
            {{ local_instant(
                local_day('addresses.ordered_at') ~ " + to_months(allowed.soft_opt_in_months)",
                local_time('addresses.ordered_at')
            ) }} + interval 1 microsecond as ends_at
        from addresses
        join allowed using (channel)
    )
select *
from final
