-- Kind delivered: the carrier has confirmed an order's delivery. Nobody is asked how it was before it is
-- there; an order that was since returned altogether is no valid one and starts nothing.
with
    journeys as ({{ journeys_of(['delivered']) }}),

    orders as (
        select *
        from {{ ref('fct_orders') }}
        where is_valid and customer_id is not null and delivered_at is not null
    ),

    order_lines as (select * from {{ ref('fct_order_lines') }} where is_valid),

    anchors as (
        select
            journeys.*,
            orders.customer_id,
            'order:' || orders.order_id as anchor,
            orders.delivered_at as anchor_at,
            orders.order_id,
            orders.last_received_on as received_on
        from journeys
        inner join
            orders on orders.delivered_at >= journeys.history_from and orders.delivered_at < {{ as_of() }}
    ),

    entered as ({{ entered_anchors('anchors') }}),

    dearest as (
        select
            order_id, first(product_id order by net_amount_minor desc, product_id, line_number) as product_id
        from order_lines
        where order_id in (select entered.order_id from entered)
        group by order_id
    ),

    final as (
        {{ trigger_columns(
            order='entered.order_id',
            product='dearest.product_id',
            evidence={'order': 'entered.order_id', 'product': 'dearest.product_id'},
        ) }}
        left join dearest on entered.order_id = dearest.order_id
    )

select *
from final
