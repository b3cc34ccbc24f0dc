-- How many were assigned to each arm, and what share was planned: drift between the two means that the
-- split itself is broken, and then no winner may be named.
{{ config(tags=['measure']) }}

with
    assignments as (select * from {{ ref('fct_experiment_assignments') }}),

    policy as (select * from {{ ref('stg_templates__policy_settings') }}),

    journeys as (select * from {{ ref('stg_templates__journeys') }} where holdout_buckets > 0),

    planned as (
        select
            'universal_holdout' as experiment,
            'all' as journey,
            'holdout' as arm,
            holdout_buckets as n_buckets,
            1 as arm_order
        from policy
        where holdout_buckets > 0
        union all
        select 'universal_holdout', 'all', 'contacted', 10000 - holdout_buckets, 2
        from policy
        where holdout_buckets > 0
        union all
        select journey || '_holdout', journey, 'holdout', holdout_buckets, 1
        from journeys
        union all
        select journey || '_holdout', journey, 'contacted', 10000 - holdout_buckets, 2
        from journeys
        union all
        select experiment, journey, arm, bucket_to - bucket_from, bucket_from
        from {{ ref('stg_templates__journey_experiments') }}
    ),

    assigned as (
        select
            experiment,
            arm,
            count(*) as n_assigned,
            min(assigned_on) as first_assigned_on,
            max(assigned_on) as last_assigned_on
        from assignments
        group by experiment, arm
    ),

    final as (
        select
            planned.experiment,
            planned.arm,
            planned.journey,
            planned.n_buckets
            / sum(planned.n_buckets) over (partition by planned.experiment) as planned_share,
            row_number() over (partition by planned.experiment order by planned.arm_order, planned.arm)
            = 1 as is_control,
            coalesce(assigned.n_assigned, 0) as n_assigned,
            assigned.first_assigned_on,
            assigned.last_assigned_on,
            {{ run_date() }} as as_of_on,
            {{ var('purchase_window_days') }} as purchase_window_days
        from planned
        left join assigned on planned.experiment = assigned.experiment and planned.arm = assigned.arm
    )

select *
from final
