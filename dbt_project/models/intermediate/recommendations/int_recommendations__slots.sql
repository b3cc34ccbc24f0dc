-- What each candidate asks for, and the product that steers it. Candidates that fall due later count,
-- too: they may keep a slot only if they will have something to say. Gifts tell what somebody else likes:
-- unless the policy says otherwise, the customer's last order that was no gift steers instead.
with
    candidates as (select * from {{ ref('int_decisions__candidates') }}),

    steps as (select * from {{ ref('stg_templates__journey_steps') }}),

    policy as (select * from {{ ref('stg_templates__policy_settings') }}),

    wanted as (
        -- Two steps of one anchor may be due in the same run: they share one list, as long as the longer
        -- needs.
        select
            candidates.customer_id,
            candidates.journey,
            candidates.anchor,
            slots.slot,
            any_value(candidates.reference_order_id order by candidates.step) as reference_order_id,
            any_value(candidates.reference_product_id order by candidates.step) as reference_product_id,
            any_value(candidates.reference_cart_id order by candidates.step) as reference_cart_id,
            min(candidates.anchor_at) as anchor_at,
            max(steps.max_recommendations) as max_recommendations
        from candidates
        inner join steps on candidates.journey = steps.journey and candidates.step = steps.step
        cross join unnest(steps.recommendation_slots) as slots(slot)
        group by candidates.customer_id, candidates.journey, candidates.anchor, slots.slot
    ),

    order_lines as (
        select
            order_lines.customer_id,
            order_lines.order_id,
            order_lines.ordered_at,
            order_lines.net_amount_minor,
            order_lines.product_id,
            order_lines.line_number
        from {{ ref('fct_order_lines') }} as order_lines
        cross join policy
        where
            order_lines.is_valid
            and (policy.gifts_steer or not coalesce(order_lines.is_gift, false))
            and order_lines.customer_id in (select wanted.customer_id from wanted)
    ),

    last_ordered as (select customer_id, max(ordered_at) as ordered_at from order_lines group by customer_id),

    steering_lines as (
        -- Only orders that may steer are put in order: those of anchors, and what was bought last.
        select
            order_lines.*,
            row_number() over (
                partition by order_lines.order_id
                order by order_lines.net_amount_minor desc, order_lines.product_id, order_lines.line_number
            ) as value_rank
        from order_lines
        inner join last_ordered on order_lines.customer_id = last_ordered.customer_id
        where
            order_lines.ordered_at = last_ordered.ordered_at
            or order_lines.order_id
            in (select reference_order_id from wanted where reference_order_id is not null)
    ),

    most_valuable as (select * from steering_lines where value_rank = 1),

    last_most_valuable as (
        select *
        from most_valuable
        qualify row_number() over (partition by customer_id order by ordered_at desc, order_id desc) = 1
    ),

    final as (
        select
            wanted.*,
            coalesce(of_anchor.product_id, of_last_order.product_id) as seed_product_id,
            coalesce(of_anchor.order_id, of_last_order.order_id) as seed_order_id
        from wanted
        left join
            most_valuable as of_anchor
            on wanted.reference_order_id = of_anchor.order_id
            and wanted.customer_id = of_anchor.customer_id
        left join last_most_valuable as of_last_order on wanted.customer_id = of_last_order.customer_id
    )

select *
from final
