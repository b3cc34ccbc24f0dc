-- The orders that messages of this run speak of, with the lines that the customer kept, dearest first. A
-- line shows what was paid, never today's price; amounts are net of discounts and returns, so that they
-- add up to the order's. Products that the catalogue does not know cannot be shown and are left out.
with
    orders as (
        select orders.*
        from {{ ref('fct_orders') }} as orders
        semi join
            {{ ref('int_decisions__candidates') }} as candidates
            on orders.order_id = candidates.reference_order_id
    ),

    order_lines as (
        select * from {{ ref('fct_order_lines') }} where quantity > coalesce(returned_quantity, 0)
    ),

    products as (select product_id from {{ ref('int_messages__products') }}),

    line_references as (
        select
            order_lines.order_id,
            list(
                {{ line_reference(
                    'order_lines.product_id',
                    price_minor='order_lines.unit_price_minor',
                    quantity='order_lines.quantity - coalesce(order_lines.returned_quantity, 0)',
                    amount_minor='order_lines.net_amount_minor',
                ) }}
                order by order_lines.net_amount_minor desc, order_lines.line_number
            ) as lines
        from order_lines
        inner join orders on order_lines.order_id = orders.order_id
        inner join products on order_lines.product_id = products.product_id
        group by order_lines.order_id
    ),

    final as (
        select
            orders.order_id,
            struct_pack(
                order_id := orders.order_id,
                ordered_on := orders.ordered_on,
                total_minor := orders.net_amount_minor,
                lines := coalesce(line_references.lines, [])
            ) as order_card
        from orders
        left join line_references on orders.order_id = line_references.order_id
    )

select *
from final
