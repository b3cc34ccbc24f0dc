-- Which anchors of which journeys matter in this run: back to those whose last step expired since the run
-- before, and
-- ahead to those that fall due inside the longest window of the contact policy (for the look-ahead).
with
    journeys as (select * from {{ ref('stg_templates__journeys') }}),

    steps as (select * from {{ ref('stg_templates__journey_steps') }}),

    rules as (select * from {{ ref('stg_templates__policy_rules') }}),

    reach as (
        select
            journey,
            -- Validity 0 lasts to the end of the due day, and a local day may have 25 hours.
            max(delay_seconds + greatest(valid_for_seconds, 25 * 3600)) as latest_seconds,
            min(delay_seconds) as earliest_seconds
        from steps
        group by journey
    ),

    longest as (select coalesce(max(window_seconds), 0) as window_seconds from rules),

    final as (
        select
            journeys.journey,
            journeys.class,
            journeys.priority,
            journeys.trigger_kind,
            journeys.trigger_params,
            journeys.goal,
            journeys.entry_gap_days,
            {{ previous_as_of() }} - to_seconds(reach.latest_seconds) as anchors_from,
            -- A day more: in a zone west of the retailer the hours of run_date end later.
            {{ next_as_of() }}
            + to_seconds(longest.window_seconds + 86400 - reach.earliest_seconds) as anchors_until,
            -- An entry gap asks which anchors counted before, and so for all of them.
            case
                when journeys.entry_gap_days is null
                then {{ previous_as_of() }} - to_seconds(reach.latest_seconds)
                else timestamptz '1900-01-01 00:00:00+00'
            end as history_from
        from journeys
        inner join reach on journeys.journey = reach.journey
        cross join longest
    )

select *
from final
