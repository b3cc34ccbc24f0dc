-- The steps of the journeys as they stand: what a calendar of coming messages and an explanation need.
with
    steps as (select * from {{ ref('stg_templates__journey_steps') }}),

    channels as (
        select
            journey, step, list(channel order by position) as channels, bool_or(is_fallback) as has_fallback
        from {{ ref('stg_templates__journey_step_channels') }}
        group by journey, step
    ),

    final as (
        select
            steps.journey,
            steps.step,
            steps.position,
            steps.delay_seconds,
            steps.valid_for_seconds,
            steps.conditions,
            coalesce(steps.yields, true) as yields,
            channels.channels,
            coalesce(channels.has_fallback, false) as has_fallback
        from steps
        left join channels on steps.journey = channels.journey and steps.step = channels.step
    )

select *
from final
