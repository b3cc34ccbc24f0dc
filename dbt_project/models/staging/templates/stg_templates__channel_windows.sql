with
    source as (select * from {{ source('templates', 'channel_windows') }}),

    final as (
        select
            cast(received_on as date) as received_on,
            cast(policy_version as varchar) as policy_version,
            cast(channel as varchar) as channel,
            cast(opens_at as time) as opens_at,
            cast(closes_at as time) as closes_at,
            cast(on_sundays as boolean) as on_sundays,
            cast(on_holidays as boolean) as on_holidays
        from source
        where {{ newest_templates() }}
    )

select *
from final
