-- Kind delivered: the carrier has confirmed an order's delivery. Nobody is asked how it was before it is
-- there; an order that was since returned altogether is no valid one and starts nothing.
with
    journeys as ({{ journeys_of(['delivered']) }}),

    orders as (
        select *
        from {{ ref('fct_orders') }}
        where is_valid and customer_id is not null and delivered_at is not null
    ),

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

    final as ({{ order_trigger_columns() }})

select *
from final
