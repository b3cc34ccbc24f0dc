-- The journeys as they stand: their names and order, so that nobody reads reports by folder names.
with
    journeys as (select * from {{ ref('stg_templates__journeys') }}),

    steps as (
        select journey, count(*) as n_steps from {{ ref('stg_templates__journey_steps') }} group by journey
    ),

    final as (
        select
            journeys.journey,
            journeys.name,
            journeys.description,
            journeys.class,
            journeys.priority,
            journeys.trigger_kind,
            coalesce(steps.n_steps, 0) as n_steps,
            journeys.holdout_buckets,
            journeys.is_paused,
            journeys.policy_version
        from journeys
        left join steps on journeys.journey = steps.journey
    )

select *
from final
