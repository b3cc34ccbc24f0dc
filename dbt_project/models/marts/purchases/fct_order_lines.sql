{{ config(unique_key='order_id') }}
{% set since = carried_from(
    [
        ref('fct_orders'), ref('int_purchases__returns'), ref('stg_webshop__order_lines'),
        ref('stg_pos__receipt_lines'),
    ]
) %}
{%- if since %}
    -- An order is affected by everything that its lines are, products' groups and brands included.
    select order_id from {{ affected_keys(ref('fct_orders')) }} {{ carried_mark() }}
{%- endif %}
with
    lines as ({{ netted_lines_of_affected(since) | indent(8) }}),
    orders as (select * from {{ ref('fct_orders') }} {{ only_affected(since, 'order_id') }}),
    products as (select * from {{ ref('int_catalogue__products') }}),
    final as (
        select
            lines.order_id,
            lines.line_number,
            orders.customer_id,
            lines.product_id,
            products.product_group,
            products.brand,
            orders.ordered_at,
            lines.quantity,
            lines.returned_quantity,
            lines.unit_price_minor,
            lines.discount_amount_minor,
            lines.gross_amount_minor,
            lines.returned_amount_minor,
            lines.net_amount_minor,
            -- A line that came back as a whole is no purchase, even where the order around it still is.
            orders.is_valid
            and not (
                lines.returned_quantity > 0
                and (lines.returned_quantity >= lines.quantity or lines.net_amount_minor <= 0)
            ) as is_valid,
            orders.is_gift,
            greatest(lines.received_on, orders.received_on) as received_on
        from lines
        join orders using (order_id)
        left join products using (product_id)
    )
select *
from final
