-- One row per time zone, country and channel among the run's candidates: the permitted hours of run_date
-- there.
with
    eligibility as (select distinct timezone, country, channel from {{ ref('int_decisions__eligibility') }}),

    windows as (select * from {{ ref('stg_templates__channel_windows') }}),

    holidays as (
        select distinct country from {{ ref('stg_templates__holidays') }} where holiday_on = {{ run_date() }}
    ),

    final as (
        -- A channel without a row in the policy keeps the shipped hours, and SMS stays off on Sundays and
        -- holidays.
        select
            eligibility.timezone,
            eligibility.country,
            eligibility.channel,
            {{ local_instant(run_date(), "coalesce(windows.opens_at, time '09:00:00')", 'eligibility.timezone') }}
            as opens_at,
            {{ local_instant(run_date(), "coalesce(windows.closes_at, time '20:00:00')", 'eligibility.timezone') }}
            as closes_at,
            (coalesce(windows.on_sundays, eligibility.channel <> 'sms') or isodow({{ run_date() }}) <> 7)
            and (
                coalesce(windows.on_holidays, eligibility.channel <> 'sms') or holidays.country is null
            ) as is_open
        from eligibility
        left join windows on eligibility.channel = windows.channel
        left join holidays on coalesce(eligibility.country, '{{ var("country") }}') = holidays.country
    )

select *
from final
