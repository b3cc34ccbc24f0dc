{{ config(materialized='view') }}

-- Control groups, experiment arms and switches (gates 13 and 14). A bucket comes from the id under which
-- the customer was pinned first, through every id the customer ever had; not pinned yet, it is computed
-- from today's.
with
    eligibility as (select * from {{ ref('int_decisions__eligibility') }}),

    journeys as (select * from {{ ref('stg_templates__journeys') }}),

    experiments as (select * from {{ ref('stg_templates__journey_experiments') }}),

    settings as (select * from {{ ref('stg_templates__policy_settings') }}),

    buckets as (select * from {{ ref('int_experiments__buckets') }} where pinned_on < {{ run_date() }}),

    aliases as ({{ past_ids() }}),

    salts as ({{ journey_salts('journeys', 'experiments', 'settings') }}),

    pinned as (
        select
            buckets.salt,
            coalesce(aliases.customer_id, buckets.customer_id) as customer_id,
            arg_min(buckets.bucket, {'on':buckets.pinned_on, 'id':buckets.customer_id}) as bucket
        from buckets
        left join aliases on buckets.customer_id = aliases.past_customer_id
        where buckets.salt in (select salts.salt from salts)
        group by all
    ),

    needed as (
        select distinct salts.journey, salts.salt, salts.kind, salts.n_holdout, eligibility.customer_id
        from eligibility
        inner join salts on eligibility.journey = salts.journey
    ),

    drawn as (
        select needed.*, coalesce(pinned.bucket, {{ bucket('needed.salt', 'needed.customer_id') }}) as bucket
        from needed
        left join pinned on needed.salt = pinned.salt and needed.customer_id = pinned.customer_id
    ),

    of_journey as (
        select
            journey,
            customer_id,
            coalesce(bool_or(bucket < n_holdout) filter (where kind <> 'experiment'), false) as is_held_out,
            max(salt) filter (where kind = 'experiment') as experiment,
            max(bucket) filter (where kind = 'experiment') as experiment_bucket
        from drawn
        group by journey, customer_id
    ),

    final as (
        select
            eligibility.message_id,
            of_journey.experiment,
            experiments.arm as variant,
            coalesce(of_journey.is_held_out, false) as fails_holdout,
            coalesce(journeys.is_paused, false)
            or case
                eligibility.channel
                when 'email'
                then coalesce(settings.is_email_paused, false)
                when 'sms'
                then coalesce(settings.is_sms_paused, false)
                else false
            end as fails_paused
        from eligibility
        cross join settings
        inner join journeys on eligibility.journey = journeys.journey
        left join
            of_journey
            on eligibility.journey = of_journey.journey
            and eligibility.customer_id = of_journey.customer_id
        left join
            experiments
            on of_journey.experiment = experiments.experiment
            and of_journey.journey = experiments.journey
            and of_journey.experiment_bucket >= experiments.bucket_from
            and of_journey.experiment_bucket < experiments.bucket_to
    )

select *
from final
