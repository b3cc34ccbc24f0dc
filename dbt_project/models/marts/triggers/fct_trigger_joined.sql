-- Kinds joined (somebody became a member of the club) and profile_incomplete (a member lacks a detail;
-- asked on joining and on each anniversary of it). The anchor names the year and no id: when two club
-- records turn out to be one person, neither a second welcome nor a second question follows.
with
    journeys as ({{ journeys_of(['joined', 'profile_incomplete']) }}),

    customers as (select * from {{ ref('dim_customers') }} where is_member and joined_at is not null),

    members as (select * from {{ ref('stg_club__members') }}),

    persons as (select * from {{ ref('int_identity__persons') }}),

    parents as (
        select distinct persons.customer_id
        from members
        inner join persons on 'club:' || members.member_id = persons.record_id
        where len(members.children_birth_dates) > 0
    ),

    known as (
        select
            customers.*,
            {{ local_day('customers.joined_at') }} as joined_on,
            greatest(customers.first_seen_on, {{ local_day('customers.joined_at') }}) as known_on,
            list_filter(
                [
                    case when customers.birth_date is null then 'birth_date' end,
                    case when customers.phone is null then 'phone' end,
                    case when customers.postal_code is null then 'postal_code' end,
                    case when parents.customer_id is null then 'children' end
                ],
                lambda field:field is not null
            ) as missing_fields
        from customers
        left join parents on customers.customer_id = parents.customer_id
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

    asked as (
        select
            calendar.* exclude (asked_on, celebrated_month, celebrated_day),
            known.customer_id,
            'date:profile:' || strftime(calendar.asked_on, '%Y') as anchor,
            case
                when known.joined_on = calendar.asked_on
                then known.joined_at
                else {{ local_instant('calendar.asked_on') }}
            end as anchor_at,
            len(
                list_intersect(
                    {{ json_text_list('calendar.trigger_params', '$.fields') }}, known.missing_fields
                )
            )
            > 0 as still_holds,
            known.known_on as received_on
        from calendar
        inner join
            known
            on calendar.celebrated_month = month(known.joined_on)
            and calendar.celebrated_day = day(known.joined_on)
        where known.joined_on <= calendar.asked_on and known.joined_at < {{ as_of() }}
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
