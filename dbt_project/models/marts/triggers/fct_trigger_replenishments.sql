-- Kind replenishment: something the customer uses up is about to run out. The anchor is the last purchase
-- of it, so that a new estimate of the same run-out starts nothing twice; a purchase since makes it an
-- anchor of another order.
with
    journeys as (
        select
            *,
            {{ trigger_param('days_before', 'integer') }} as days_before,
            {{ trigger_param('min_probability', 'double') }} as min_probability
        from ({{ journeys_of(['replenishment']) }})
    ),

    due as (select * from {{ ref('int_behaviour__replenishment') }}),

    products as (select product_id, product_group from {{ ref('dim_products') }}),

    anchors as (
        select
            journeys.*,
            due.customer_id,
            'order:' || due.last_order_id || ':' || due.product_id as anchor,
            {{ local_instant(local_day('due.due_at') ~ ' - journeys.days_before') }} as anchor_at,
            due.last_order_id,
            due.product_id,
            due.received_on
        from journeys
        inner join due on due.due_at >= journeys.anchors_from
        inner join products on due.product_id = products.product_id
        where
            coalesce(due.repeat_probability, 0) >= journeys.min_probability
            and {{ in_trigger_list('products.product_group') }}
    ),

    entered as ({{ entered_anchors('anchors') }}),

    final as (
        {{ trigger_columns(
            order='entered.last_order_id',
            product='entered.product_id',
            evidence={'order': 'entered.last_order_id', 'product': 'entered.product_id'},
        ) }}
        where entered.anchor_at < entered.anchors_until
    )

select *
from final
