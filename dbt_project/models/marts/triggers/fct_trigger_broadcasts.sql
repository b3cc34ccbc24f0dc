-- Kind broadcast: on one weekday every customer is a candidate; the gates decide. Days ahead are delivered
-- only for
-- journeys that something else may have to yield to, or every run would carry weeks of newsletters for
-- nothing.
with
    journeys as (
        select
            *,
            cast({{ json_text('trigger_params', '$.weekday') }} as integer) as weekday,
            cast({{ json_text('trigger_params', '$.at') }} as time) as at_local
        from {{ ref('int_triggers__journeys') }}
        where trigger_kind = 'broadcast'
    ),

    all_journeys as (select * from {{ ref('int_triggers__journeys') }}),

    customers as (select * from {{ ref('dim_customers') }}),

    orders as (select * from {{ ref('fct_orders') }}),

    lowest as (select max(priority) as priority from all_journeys where class <> 'service'),

    days as (
        select
            journeys.*,
            cast(day.sent_on as date) as sent_on,
            {{ local_instant('day.sent_on', 'journeys.at_local') }} as anchor_at
        from journeys
        cross join lowest
        cross join
            lateral unnest(
                generate_series(
                    {{ local_day('journeys.anchors_from') }},
                    {{ local_day('journeys.anchors_until') }},
                    to_days(1)
                )
            ) as day(sent_on)
        where
            isodow(day.sent_on) = journeys.weekday
            and (cast(day.sent_on as date) <= {{ run_date() }} or journeys.priority < lowest.priority)
    ),

    entered as (
        -- No entry gap here: the weekday is the rhythm.
        select
            customers.customer_id,
            days.journey,
            'date:' || days.journey || ':' || strftime(days.sent_on, '%Y-%m-%d') as anchor,
            days.anchor_at,
            days.goal,
            customers.first_seen_on as received_on
        from days
        cross join customers
        where days.anchor_at >= days.anchors_from and days.anchor_at < days.anchors_until
    ),

    orders_since as ({{ orders_since('entered', 'orders') }}),

    final as (
        select
            entered.customer_id,
            entered.journey,
            entered.anchor,
            entered.anchor_at,
            'default' as branch,
            case
                entered.goal when 'order_since_anchor' then orders_since.order_since_at
            end as goal_reached_at,
            cast(null as varchar) as reference_order_id,
            cast(null as varchar) as reference_product_id,
            cast(null as varchar) as reference_cart_id,
            '{}' as evidence,
            entered.received_on
        from entered
        left join orders_since using (journey, customer_id, anchor)
    )

select *
from final
