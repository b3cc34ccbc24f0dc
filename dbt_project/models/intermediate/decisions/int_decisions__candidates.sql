-- Every message that could be sent: anchors joined to the steps of their journey, once. `is_due` rows are
-- decided in this run (those that expired since the run before, too); the others fall due later and only
-- hold a slot.
with
    anchors as (select * from {{ ref('int_triggers__anchors') }}),

    journeys as (select * from {{ ref('stg_templates__journeys') }}),

    steps as (select * from {{ ref('stg_templates__journey_steps') }}),

    rules as (select * from {{ ref('stg_templates__policy_rules') }}),

    horizon as (
        -- A day more than the longest window: in a zone west of the retailer the hours of run_date end later.
        select {{ next_as_of() }} + to_seconds(coalesce(max(window_seconds), 0) + 86400) as until_at
        from rules
    ),

    scheduled as (
        select
            anchors.*,
            steps.step,
            steps.valid_for_seconds,
            journeys.class,
            journeys.priority,
            anchors.anchor_at + to_seconds(steps.delay_seconds) as due_at
        from anchors
        inner join journeys on anchors.journey = journeys.journey
        inner join steps on anchors.journey = steps.journey
    ),

    timed as (
        select
            scheduled.* exclude (valid_for_seconds),
            case
                when valid_for_seconds = 0
                then {{ local_instant(local_day('due_at') ~ ' + 1') }}
                else due_at + to_seconds(valid_for_seconds)
            end as expires_at,
            due_at < {{ next_as_of() }} as is_due
        from scheduled
    ),

    in_reach as (
        select timed.*
        from timed
        cross join horizon
        where
            (is_due and expires_at > {{ previous_as_of() }})
            or (not is_due and class <> 'service' and due_at < horizon.until_at)
    ),

    yielding as (
        -- What may have to yield: the lowest priority that is due for each customer.
        select customer_id, max(priority) as lowest_priority
        from in_reach
        where is_due and class <> 'service'
        group by customer_id
    ),

    final as (
        select
            in_reach.customer_id,
            in_reach.journey,
            in_reach.step,
            in_reach.anchor,
            in_reach.anchor_at,
            in_reach.due_at,
            in_reach.expires_at,
            in_reach.branch,
            in_reach.class,
            in_reach.priority,
            in_reach.goal_reached_at,
            in_reach.reference_order_id,
            in_reach.reference_product_id,
            in_reach.reference_cart_id,
            in_reach.evidence,
            in_reach.still_holds,
            in_reach.visited_at,
            in_reach.is_due,
            in_reach.received_on
        from in_reach
        left join yielding on in_reach.customer_id = yielding.customer_id
        where in_reach.is_due or in_reach.priority < yielding.lowest_priority
    )

select *
from final
