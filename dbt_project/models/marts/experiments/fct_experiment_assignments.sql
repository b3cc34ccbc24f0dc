-- Who takes part in what, from when, in which arm. A customer is assigned by the first ledger row that
-- passes everything but chance and timing, whether or not a message followed; so arms differ by nothing
-- but the arm. The bucket is the pinned one: merging ids later moves nobody.
{{ config(tags=['measure']) }}

with
    ledger as (select * from {{ ref('fct_contact_decisions') }} where class <> 'service'),

    early_gates as (select list(reason) as reasons from {{ ref('decision_reasons') }} where position <= 12),

    aliases as ({{ past_ids() }}),

    policy as (select * from {{ ref('stg_templates__policy_settings') }}),

    journeys as (select * from {{ ref('stg_templates__journeys') }}),

    buckets as (
        -- The oldest pin of any id the customer ever had.
        select
            pinned.salt,
            coalesce(aliases.customer_id, pinned.customer_id) as customer_id,
            arg_min(
                pinned.bucket, struct_pack(pinned_on := pinned.pinned_on, id := pinned.customer_id)
            ) as bucket
        from {{ ref('int_experiments__buckets') }} as pinned
        left join aliases on pinned.customer_id = aliases.past_customer_id
        group by pinned.salt, coalesce(aliases.customer_id, pinned.customer_id)
    ),

    eligible as (
        select
            ledger.run_date,
            coalesce(aliases.customer_id, ledger.customer_id) as customer_id,
            ledger.customer_id as assigned_customer_id,
            ledger.journey,
            ledger.branch,
            ledger.experiment,
            ledger.variant,
            ledger.due_at,
            ledger.message_id,
            list_contains(coalesce(ledger.failed_gates, []), 'HOLDOUT') as is_held_out,
            universal.bucket as universal_bucket,
            coalesce(universal.bucket < policy.holdout_buckets, false) as is_universally_held_out
        from ledger
        cross join early_gates
        cross join policy
        left join aliases on ledger.customer_id = aliases.past_customer_id
        left join
            buckets as universal
            on coalesce(aliases.customer_id, ledger.customer_id) = universal.customer_id
            and universal.salt = 'holdout:' || policy.holdout_epoch
        where not list_has_any(coalesce(ledger.failed_gates, []), early_gates.reasons)
    ),

    entries as (
        select
            'universal_holdout' as experiment,
            'all' as journey,
            case when is_universally_held_out then 'holdout' else 'contacted' end as arm,
            universal_bucket as bucket,
            eligible.* exclude (experiment, journey)
        from eligible
        where universal_bucket is not null
        union all by name
        select
            eligible.journey || '_holdout' as experiment,
            eligible.journey,
            buckets.bucket,
            case when buckets.bucket < journeys.holdout_buckets then 'holdout' else 'contacted' end as arm,
            eligible.* exclude (experiment, journey)
        from eligible
        inner join journeys on eligible.journey = journeys.journey
        inner join buckets on eligible.customer_id = buckets.customer_id and eligible.journey = buckets.salt
        where journeys.holdout_buckets > 0 and not eligible.is_universally_held_out
        union all by name
        select
            eligible.experiment,
            eligible.journey,
            eligible.variant as arm,
            buckets.bucket,
            eligible.* exclude (experiment, journey)
        from eligible
        inner join
            buckets on eligible.customer_id = buckets.customer_id and eligible.experiment = buckets.salt
        where eligible.variant is not null and not eligible.is_held_out
    ),

    final as (
        select
            experiment,
            customer_id,
            journey,
            arm,
            run_date as assigned_on,
            bucket,
            branch,
            assigned_customer_id
        from entries
        qualify
            row_number() over (partition by experiment, customer_id order by run_date, due_at, message_id) = 1
    )

select *
from final
