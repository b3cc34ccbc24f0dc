-- Kind broadcast: on one weekday, or on single days, every customer is a candidate; the gates decide.
-- Days ahead are delivered only for journeys that something else may have to yield to, or every run would
-- carry weeks of newsletters for nothing.
with
    journeys as (
        select
            *,
            {{ trigger_param('weekday', 'integer') }} as weekday,
            {{ json_text_list('trigger_params', '$.on') }} as single_days,
            {{ trigger_param('at', 'time') }} as at_local
        from ({{ journeys_of(['broadcast']) }})
    ),

    all_journeys as (select * from {{ ref('int_triggers__journeys') }}),

    customers as (select * from {{ ref('dim_customers') }}),

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
            (
                isodow(day.sent_on) = journeys.weekday
                or list_contains(journeys.single_days, strftime(day.sent_on, '%Y-%m-%d'))
            )
            and (cast(day.sent_on as date) <= {{ run_date() }} or journeys.priority < lowest.priority)
    ),

    entered as (
        -- No entry rule here: the calendar is the rhythm.
        select
            days.*,
            customers.customer_id,
            'date:' || days.journey || ':' || strftime(days.sent_on, '%Y-%m-%d') as anchor,
            customers.first_seen_on as received_on
        from days
        cross join customers
        where days.anchor_at >= days.anchors_from and days.anchor_at < days.anchors_until
    ),

    final as ({{ trigger_columns() }})

select *
from final
