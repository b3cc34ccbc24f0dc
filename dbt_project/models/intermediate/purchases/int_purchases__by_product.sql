-- Purchases on the same day are one.
{{ config(unique_key='customer_id') }}
{% set orders, order_lines = ref('fct_orders'), ref('fct_order_lines') %}
{% set since = carried_from([orders, order_lines]) %}
{% set days = var('replenishment_history_days') %}
{%- if since %} {{ customers_of_orders(orders, days, since) }} {{ carried_mark() }} {%- endif %}
with
    days as (
        select
            customer_id,
            product_id,
            {{ local_day('ordered_at') }} as ordered_on,
            max(ordered_at) as ordered_at,
            arg_max(order_id, (ordered_at, order_id)) as order_id,
            max(received_on) as received_on
        from {{ order_lines }} {{ only_affected(since, 'customer_id') }}
        where
            is_valid
            and customer_id is not null
            and product_id is not null
            and not coalesce(is_gift, false)
            and ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ days) }}
        group by all
    ),
    final as (
        select
            customer_id,
            product_id,
            count(*) as n_days,
            max(ordered_on) as last_ordered_on,
            max(ordered_at) as last_ordered_at,
            arg_max(order_id, ordered_on) as last_order_id,
            arg_max(received_on, ordered_on) as received_on,
            list_sort(list(ordered_on)) as days
        from days
        group by customer_id, product_id
    )
select *
from final
