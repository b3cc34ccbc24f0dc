-- Kind first_purchase: the customer's first valid order, the start of a second-purchase programme. It
-- stays the anchor after a second order, so that the ledger says why nothing more was sent.
with
    journeys as ({{ journeys_of(['first_purchase']) }}),

    customers as (select * from {{ ref('dim_customers') }} where first_order_at is not null),

    orders as (select * from {{ ref('fct_orders') }} where is_valid),

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

    final as ({{ order_trigger_columns() }})

select *
from final
