-- Kind first_purchase: the customer's first valid order, the start of a second-purchase programme. It
-- stays the anchor after a second order, so that the ledger says why nothing more was sent.
with
    journeys as ({{ journeys_of(['first_purchase']) }}),

    customers as (select * from {{ ref('dim_customers') }} where first_order_at is not null),

    orders as (select * from {{ ref('fct_orders') }} where is_valid),

    order_lines as (select * from {{ ref('fct_order_lines') }} where is_valid),

    anchors as (
        select
            journeys.*,
            customers.customer_id,
            'order:' || min(orders.order_id) as anchor,
            orders.ordered_at as anchor_at,
            min(orders.order_id) as order_id,
            arg_min(orders.received_on, orders.order_id) as received_on
        from journeys
        inner join
            customers
            on customers.first_order_at >= journeys.history_from
            and customers.first_order_at < {{ as_of() }}
        inner join
            orders
            on customers.customer_id = orders.customer_id
            and customers.first_order_at = orders.ordered_at
        group by all
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
