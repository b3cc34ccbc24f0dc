-- Which anchors of which journeys matter in this run: back to those whose last step expired since the run
-- before, and ahead to those that fall due inside the longest window of the contact policy that concerns
-- them (for the look-ahead).
with
    journeys as (select * from {{ ref('stg_templates__journeys') }}),

    steps as (select * from {{ ref('stg_templates__journey_steps') }}),

    rules as (select * from {{ ref('stg_templates__policy_rules') }}),

    reach as (
        select
            journey,
            -- Validity 0 lasts to the end of the due day, and a local day may have 25 hours.
            max(delay_seconds + greatest(valid_for_seconds, 25 * 3600)) as latest_seconds,
            min(delay_seconds) as earliest_seconds,
            coalesce(
                bool_or(
                    list_contains(conditions, 'visit_since_anchor')
                    or list_contains(conditions, 'no_visit_since_anchor')
                ),
                false
            ) as asks_for_visits
        from steps
        group by journey
    ),

    channels as (
        select journey, list(distinct channel) as channels
        from {{ ref('stg_templates__journey_step_channels') }}
        group by journey
    ),

    longest as (
        -- The longest window of a rule that a message of the journey may find full.
        select journeys.journey, coalesce(max(rules.window_seconds), 0) as window_seconds
        from journeys
        left join channels on journeys.journey = channels.journey
        left join
            rules
            on list_contains(rules.when_classes, journeys.class)
            and (rules.channels is null or list_has_any(rules.channels, channels.channels))
        group by journeys.journey
    ),

    reaching as (
        select
            journeys.journey,
            journeys.class,
            journeys.priority,
            journeys.trigger_kind,
            journeys.trigger_params,
            journeys.goal,
            journeys.entry_gap_days,
            journeys.once_per,
            reach.asks_for_visits,
            {{ local_instant('journeys.enter_from') }} as enters_from,
            {{ local_instant('journeys.enter_until + 1') }} as enters_until,
            {{ previous_as_of() }} - to_seconds(reach.latest_seconds) as anchors_from,
            -- A day more: in a zone west of the retailer the hours of run_date end later.
            {{ next_as_of() }}
            + to_seconds(longest.window_seconds + 86400 - reach.earliest_seconds) as anchors_until
        from journeys
        inner join reach on journeys.journey = reach.journey
        inner join longest on journeys.journey = longest.journey
    ),

    final as (
        select
            *,
            -- An entry gap asks which anchors counted before, and so for all of them; a calendar period for
            -- its own.
            case
                when entry_gap_days is not null
                then timestamptz '1900-01-01 00:00:00+00'
                when once_per is not null
                then {{ local_instant("date_trunc(once_per, " ~ local_day('anchors_from') ~ ")") }}
                else anchors_from
            end as history_from
        from reaching
    )

select *
from final
