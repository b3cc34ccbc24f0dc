-- Purchases on the same day are one. Nearly everything is bought once: only what was bought on several days
-- has a list of them (which could not be spilled to disk, either).
{{ config(unique_key='customer_id') }}
{% set orders, order_lines = ref('fct_orders'), ref('fct_order_lines') %}
{% set since = carried_from([orders, order_lines]) %}
{% set days = var('replenishment_history_days') %}
{%- if since %} {{ customers_of_orders(orders, days, since) }} {{ carried_mark() }} {%- endif %}
with
    purchases as not materialized(
        select customer_id, product_id, {{ local_day('ordered_at') }} as ordered_on, ordered_at
        from {{ order_lines }} {{ only_affected(since, 'customer_id') }}
        where {{ is_used_up_by_buyer() }} and ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ days) }}
    ),
    bought as materialized(
        select
            customer_id,
            product_id,
            min(ordered_on) as first_ordered_on,
            max(ordered_on) as last_ordered_on,
            max(ordered_at) as last_ordered_at
        from purchases
        group by customer_id, product_id
    ),
    bought_again as (
        select customer_id, product_id, list_sort(list(distinct ordered_on)) as days
        from purchases
        semi join
            (from bought where first_ordered_on < last_ordered_on) as again using (customer_id, product_id)
        group by customer_id, product_id
    ),
    final as (
        select customer_id, product_id, bought.last_ordered_on, bought.last_ordered_at, bought_again.days
        from bought
        left join bought_again using (customer_id, product_id)
    )
select *
from final
