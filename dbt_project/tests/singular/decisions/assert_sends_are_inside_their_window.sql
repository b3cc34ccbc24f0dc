{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- Nobody is woken up: a send has an instant of run_date, not before it is due, inside the recipient's
-- permitted hours.
with
    sends as (
        select
            decisions.*,
            customers.country,
            case
                when customers.timezone in {{ known_time_zones() }}
                then customers.timezone
                else '{{ var("timezone") }}'
            end as timezone
        from {{ ref('fct_contact_decisions') }} as decisions
        left join {{ ref('dim_customers') }} as customers on decisions.customer_id = customers.customer_id
        where
            decisions.run_date = {{ run_date() }}
            and decisions.decision = 'send'
            and {{ not_handed_off('decisions.message_id') }}
    )

select sends.message_id, sends.channel, sends.send_at, sends.due_at
from sends
left join {{ ref('stg_templates__channel_windows') }} as windows on sends.channel = windows.channel
left join
    {{ ref('stg_templates__holidays') }} as holidays
    on holidays.holiday_on = {{ run_date() }}
    and holidays.country = coalesce(sends.country, '{{ var("country") }}')
where
    sends.send_at is null
    or sends.send_at < sends.due_at
    or {{ local_day('sends.send_at', 'sends.timezone') }} <> {{ run_date() }}
    or {{ local_time('sends.send_at', 'sends.timezone') }} < windows.opens_at
    or {{ local_time('sends.send_at', 'sends.timezone') }} >= windows.closes_at
    or (isodow({{ run_date() }}) = 7 and not windows.on_sundays)
    or (holidays.holiday_on is not null and not windows.on_holidays)
