-- Kind birthday: the customer's own, a child's, or the name day in the customer's country, some days
-- before if the journey says so. The anchor names the year and no day, so that a birth date that is
-- corrected brings no second greeting in the same year. Who was born on 29 February is greeted on 28
-- February in other years.
with
    journeys as (
        select
            *,
            {{ trigger_param('whose') }} as whose,
            {{ trigger_param('days_before', 'integer') }} as days_before,
            {{ trigger_param('max_age', 'integer') }} as max_age
        from ({{ journeys_of(['birthday']) }})
    ),

    customers as (select * from {{ ref('dim_customers') }}),

    members as (select * from {{ ref('stg_club__members') }} where len(children_birth_dates) > 0),

    persons as (select * from {{ ref('int_identity__persons') }}),

    name_days as (select * from {{ ref('name_days') }}),

    days as (
        select
            journeys.*,
            cast(day.celebrated_on as date) as celebrated_on,
            {{ local_instant('cast(day.celebrated_on as date) - journeys.days_before') }} as anchor_at
        from journeys
        cross join
            lateral unnest(
                generate_series(
                    {{ local_day('journeys.anchors_from') }} + journeys.days_before,
                    {{ local_day('journeys.anchors_until') }} + journeys.days_before,
                    to_days(1)
                )
            ) as day(celebrated_on)
    ),

    calendar as ({{ celebrated('days', 'celebrated_on') }}),

    celebrations as (
        select
            'customer' as whose,
            customer_id,
            birth_date,
            month(birth_date) as month,
            day(birth_date) as day_of_month
        from customers
        where birth_date is not null
        union all
        select 'child', customer_id, birth_date, month(birth_date), day(birth_date)
        from
            (
                select distinct persons.customer_id, unnest(members.children_birth_dates) as birth_date
                from members
                inner join persons on 'club:' || members.member_id = persons.record_id
            )
        union all
        select 'name_day', customers.customer_id, null, name_days.month, name_days.day
        from name_days
        inner join
            customers
            on name_days.country = customers.country
            and lower(name_days.name) = lower(split_part(trim(customers.first_name), ' ', 1))
    ),

    anchors as (
        select
            calendar.* exclude (celebrated_month, celebrated_day),
            celebrations.customer_id,
            'date:'
            || calendar.whose
            || '_celebration:'
            || strftime(calendar.celebrated_on, '%Y')
            || case
                when calendar.whose = 'child' then '-' || strftime(calendar.celebrated_on, '%m-%d') else ''
            end as anchor,
            max(customers.first_seen_on) as received_on
        from calendar
        inner join
            celebrations
            on calendar.whose = celebrations.whose
            and calendar.celebrated_month = celebrations.month
            and calendar.celebrated_day = celebrations.day_of_month
        inner join customers on celebrations.customer_id = customers.customer_id
        where
            -- The day of birth itself is none, and a child grows out of a children's greeting.
            (celebrations.birth_date is null or celebrations.birth_date < calendar.celebrated_on)
            and (
                calendar.max_age is null
                or celebrations.birth_date is null
                or year(calendar.celebrated_on) - year(celebrations.birth_date) <= calendar.max_age
            )
        group by all
    ),

    entered as ({{ entered_anchors('anchors') }}),

    final as (
        {{ trigger_columns(evidence={'celebrated_on': 'entered.celebrated_on'}) }}
        where entered.anchor_at < entered.anchors_until
    )

select *
from final
