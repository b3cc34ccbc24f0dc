{{ config(unique_key='customer_id') }}
{% set orders = ref('fct_orders') %}
{% set since = carried_from([orders]) %}
{% set year = run_date() ~ ' - 365' %}
{%- if since %} {{ customers_of_orders(orders, 365, since) }} {{ carried_mark() }} {%- endif %}
with
    orders as (
        select *
        from {{ orders }} {{ only_affected(since, 'customer_id') }}
        where is_valid and customer_id is not null
    ),
    final as (
        select
            customer_id,
            count(*) as n_orders,
            count(*) filter (where ordered_on >= {{ year }}) as n_orders_365d,
            count(distinct sales_channel) filter (where ordered_on >= {{ year }}) as n_channels_365d,
            min(ordered_on) as first_ordered_on,
            max(ordered_on) as last_ordered_on,
            min(ordered_at) as first_ordered_at,
            max(ordered_at) as last_ordered_at,
            arg_max(order_id, {'at':ordered_at, 'id':order_id}) as last_order_id,
            cast(sum(net_amount_minor) as bigint) as net_revenue_minor,
            1 - {{ ratio('sum(net_amount_minor)', 'sum(gross_amount_minor)') }} as returned_share
        from orders
        group by customer_id
    )
select *
from final
