-- Kind benefit_unused: a member has a benefit and has not used it. The clock starts at its issue, or some
-- days before it expires; one that has expired or was used since holds no longer.
with
    journeys as (
        select *, {{ trigger_param('days_before_expiry', 'integer') }} as days_before_expiry
        from ({{ journeys_of(['benefit_unused']) }})
    ),

    benefits as (select * from {{ ref('stg_loyalty__benefits') }}),

    persons as (select * from {{ ref('int_identity__persons') }}),

    owned as (
        select
            journeys.*,
            persons.customer_id,
            benefits.benefit_id,
            benefits.used_at,
            benefits.expires_at,
            case
                when journeys.days_before_expiry is null
                then benefits.issued_at
                else {{ local_instant(local_day('benefits.expires_at') ~ ' - journeys.days_before_expiry') }}
            end as anchor_at,
            benefits.received_on
        from journeys
        cross join benefits
        inner join persons on 'club:' || benefits.member_id = persons.record_id
        where {{ in_trigger_list('benefits.kind', 'benefits') }}
    ),

    anchors as (
        -- Used before the clock started: there was never anything to remind of.
        select *, 'benefit:' || benefit_id as anchor
        from owned
        where
            anchor_at >= history_from
            and anchor_at < anchors_until
            and (used_at is null or used_at > anchor_at)
    ),

    entered as ({{ entered_anchors('anchors') }}),

    final as (
        {{ trigger_columns(
            goals={'benefit_used': 'entered.used_at'},
            evidence={'benefit': 'entered.benefit_id'},
            still_holds='entered.used_at is null and coalesce(entered.expires_at > ' ~ as_of() ~ ', true)',
        ) }}
    )

select *
from final
