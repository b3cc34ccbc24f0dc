-- Kind benefit_unused: a member has a benefit and has not used it. The clock starts at its issue, or some
-- days before it expires; one that has expired or was used since holds no longer.
with
    journeys as (
        select
            *,
            {{ trigger_param('days_before_expiry', 'integer') }} as days_before_expiry,
            -- Around the days that can be meant, with a day for what a day has of hours more or less: to ask
            -- every benefit for its local day costs more than all the rest.
            history_from + to_days(days_before_expiry - 1) as expires_from,
            anchors_until + to_days(days_before_expiry + 2) as expires_until
        from ({{ journeys_of(['benefit_unused']) }})
    ),

    benefits as (
        select benefit_id, member_id, kind, issued_at, used_at, expires_at, received_on
        from {{ ref('stg_loyalty__benefits') }}
    ),

    persons as (select * from {{ ref('int_identity__persons') }}),

    -- Materialised: conditions on the clock would be asked of every benefit.
    near as materialized(
        select journeys.* exclude (expires_from, expires_until), benefits.*
        from journeys
        cross join benefits
        where
            {{ in_trigger_list('benefits.kind', 'benefits') }}
            and (
                journeys.days_before_expiry is null
                or benefits.expires_at between journeys.expires_from and journeys.expires_until
            )
    ),

    owned as (
        select
            near.*,
            persons.customer_id,
            case
                when near.days_before_expiry is null
                then near.issued_at
                else {{ local_instant(local_day('near.expires_at') ~ ' - near.days_before_expiry') }}
            end as anchor_at
        from near
        inner join persons on 'club:' || near.member_id = persons.record_id
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
