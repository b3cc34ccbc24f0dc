-- Kinds joined (somebody became a member of the club) and profile_incomplete (a member lacks a detail;
-- asked on joining and on each anniversary of it). The anchor names the year and no id: when two club
-- records turn out to be one person, neither a second welcome nor a second question follows.
with
    journeys as ({{ journeys_of(['joined', 'profile_incomplete']) }}),

    customers as (
        select customer_id, joined_at, first_seen_on, birth_date, phone, postal_code
        from {{ ref('dim_customers') }}
        where is_member and joined_at is not null
    ),

    members as (select * from {{ ref('stg_club__members') }}),

    persons as (select * from {{ ref('int_identity__persons') }}),

    -- Read in two ways: materialised once, every member would be asked for the day.
    known as not materialized(
        select
            *,
            {{ local_day('joined_at') }} as joined_on,
            greatest(first_seen_on, {{ local_day('joined_at') }}) as known_on
        from customers
    ),

    joined as (
        select
            journeys.*,
            known.customer_id,
            'date:joined:' || strftime(known.joined_on, '%Y') as anchor,
            known.joined_at as anchor_at,
            true as still_holds,
            known.known_on as received_on
        from journeys
        inner join known on known.joined_at >= journeys.history_from and known.joined_at < {{ as_of() }}
        where journeys.trigger_kind = 'joined'
    ),

    days as (
        select journeys.*, cast(day.asked_on as date) as asked_on
        from journeys
        cross join
            lateral unnest(
                generate_series({{ local_day('journeys.anchors_from') }}, {{ run_date() }}, to_days(1))
            ) as day(asked_on)
        where journeys.trigger_kind = 'profile_incomplete'
    ),

    calendar as ({{ celebrated('days', 'asked_on') }}),

    celebrating as (
        select calendar.* exclude (celebrated_month, celebrated_day), known.*
        from calendar
        inner join
            known
            on calendar.celebrated_month = month(known.joined_on)
            and calendar.celebrated_day = day(known.joined_on)
        where known.joined_on <= calendar.asked_on and known.joined_at < {{ as_of() }}
    ),

    parents as (
        select distinct persons.customer_id
        from members
        inner join persons on 'club:' || members.member_id = persons.record_id
        where
            len(members.children_birth_dates) > 0
            and persons.customer_id in (select celebrating.customer_id from celebrating)
    ),

    asked as (
        select
            celebrating.*,
            'date:profile:' || strftime(celebrating.asked_on, '%Y') as anchor,
            case
                when celebrating.joined_on = celebrating.asked_on
                then celebrating.joined_at
                else {{ local_instant('celebrating.asked_on') }}
            end as anchor_at,
            list_has_any(
                {{ json_text_list('celebrating.trigger_params', '$.fields') }},
                [
                    case when celebrating.birth_date is null then 'birth_date' end,
                    case when celebrating.phone is null then 'phone' end,
                    case when celebrating.postal_code is null then 'postal_code' end,
                    case when parents.customer_id is null then 'children' end
                ]
            ) as still_holds,
            celebrating.known_on as received_on
        from celebrating
        left join parents on celebrating.customer_id = parents.customer_id
    ),

    anchors as (
        select *
        from joined
        union all by name
        select *
        from asked
    ),

    entered as ({{ entered_anchors('anchors') }}),

    final as ({{ trigger_columns(still_holds='entered.still_holds') }})

select *
from final
