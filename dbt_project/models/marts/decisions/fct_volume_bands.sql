{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        pre_hook="{{ forget_day() }}"
    )
}}

-- The breaker: how many messages of a journey and channel are usual, and whether the day is outside that.
-- Nothing else decides it; the hand-off reads the verdict and holds what is outside, journey by journey.
with
    settings as (select * from {{ ref('stg_templates__policy_settings') }}),

    exceptions as (
        -- Larger days that a person looked at beforehand. Of two for one day the larger holds.
        select journey, max(max_messages) as max_messages
        from
            (
                select
                    unnest(volume_exception_journeys) as journey,
                    unnest(volume_exception_from) as from_on,
                    unnest(volume_exception_until) as until_on,
                    unnest(volume_exception_max) as max_messages
                from settings
            ) as listed
        where {{ run_date() }} between from_on and until_on
        group by journey
    ),

    today as (
        select journey, channel, count(*) as n_messages
        from {{ ref('fct_contact_decisions') }}
        where run_date = {{ run_date() }} and decision = 'send'
        group by journey, channel
    ),

    past_days as (
        -- What left, not what was decided: a day that was held must not become what is usual.
        select
            journey,
            channel,
            isodow(run_date) = isodow({{ run_date() }}) as is_same_weekday,
            count(*) as n_messages
        from {{ ref('stg_outbox__contact_log') }}
        where
            {{ counts_as_sent('state') }}
            and run_date < {{ run_date() }}
            and run_date >= {{ run_date() }} - {{ var('volume_history_days') }}
            -- The log is sorted by it; a message leaves on its run_date or, held back, some days after.
            and sent_at >= {{ local_instant(run_date() ~ ' - ' ~ var('volume_history_days')) }}
        group by journey, channel, run_date
    ),

    usual as (
        select
            journey,
            channel,
            count(*) as n_past_days,
            median(n_messages) as usual,
            count(*) filter (where is_same_weekday) as n_past_weekdays,
            median(n_messages) filter (where is_same_weekday) as usual_on_weekday
        from past_days
        group by journey, channel
    ),

    compared as (
        select
            coalesce(today.journey, usual.journey) as journey,
            coalesce(today.channel, usual.channel) as channel,
            coalesce(today.n_messages, 0) as n_messages,
            coalesce(usual.n_past_days, 0) as n_past_days,
            coalesce(usual.n_past_days, 0) >= settings.volume_min_past_runs as has_forecast,
            coalesce(usual.n_past_weekdays, 0) >= {{ var('volume_min_weekdays') }} as knows_weekday,
            usual.usual,
            case
                when usual.n_past_weekdays >= {{ var('volume_min_weekdays') }}
                then usual.usual_on_weekday
                else usual.usual
            end as usual_today
        from today
        full outer join usual on today.journey = usual.journey and today.channel = usual.channel
        cross join settings
    ),

    banded as (
        select
            compared.*,
            case when has_forecast then greatest(usual, usual_today) end as forecast,
            case
                when exceptions.max_messages is not null
                then exceptions.max_messages
                when not has_forecast
                then least(settings.volume_max_messages, settings.volume_max_without_forecast)
                else
                    least(
                        settings.volume_max_messages,
                        greatest(
                            settings.volume_always_fine,
                            cast(floor(forecast * settings.volume_max_ratio) as bigint)
                        )
                    )
            end as highest,
            -- A journey may well rest on a day on which it rarely has anything to say.
            case
                when
                    has_forecast
                    and (n_messages > 0 or knows_weekday)
                    and usual_today > settings.volume_always_fine
                then cast(ceil(usual_today / settings.volume_max_ratio) as bigint)
                else 0
            end as lowest,
            exceptions.max_messages is not null as is_exception,
            settings.volume_max_messages
        from compared
        cross join settings
        left join exceptions on compared.journey = exceptions.journey
    ),

    final as (
        select
            {{ run_date() }} as run_date,
            journey,
            channel,
            cast(n_messages as bigint) as n_messages,
            cast(n_past_days as integer) as n_past_days,
            cast(forecast as double) as forecast,
            cast(lowest as bigint) as lowest,
            cast(highest as bigint) as highest,
            is_exception,
            case
                when n_messages <= highest
                then null
                when is_exception
                then n_messages || ' messages are more than the exception of ' || highest
                when n_messages > volume_max_messages
                then n_messages || ' messages are more than the cap of ' || volume_max_messages
                when forecast is null
                then
                    n_messages || ' messages of a journey without forecast; up to ' || highest || ' go unseen'
                else
                    n_messages || ' messages against ' || cast(round(forecast) as bigint) || ' on a usual day'
            end as held_because,
            case
                when n_messages < lowest
                then
                    'only '
                    || n_messages
                    || ' messages against '
                    || cast(round(forecast) as bigint)
                    || ' on a usual day'
            end as remark
        from banded
    )

select *
from final
