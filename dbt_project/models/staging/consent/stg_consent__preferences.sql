-- What each address asks for now: the newest of its events known, which replaces all before it.
with
    first_told as ({{ first_known(source('consent', 'preferences'), 'event_id', 'occurred_at') }}),

    normalised as (
        select
            cast(event_id as varchar) as event_id,
            cast(occurred_at as timestamptz) as occurred_at,
            {{ normalise_address('address', 'lower(channel)') }} as address,
            lower(channel) as channel,
            cast(max_messages as integer) as max_messages,
            -- A number without a period is meant per week, the unit of the shipped caps; the contact log
            -- is read no further back than a month.
            least(coalesce(cast(period_days as integer), 7), 31) as period_days,
            cast(paused_until as timestamptz) as paused_until,
            coalesce(string_split(cast(topics_off as varchar), ' '), []) as topics_off
        from first_told
    ),

    final as (
        select *
        from normalised
        where address is not null
        qualify
            row_number() over (
                partition by address, channel
                -- At the same instant the stricter one wins.
                order by
                    occurred_at desc,
                    paused_until desc nulls last,
                    max_messages nulls last,
                    len(topics_off) desc,
                    event_id
            )
            = 1
    )

select *
from final
