with
    source as (select * from {{ source('templates', 'policy_rules') }}),

    final as (
        select
            cast(received_on as date) as received_on,
            cast(policy_version as varchar) as policy_version,
            cast(position as integer) as position,
            cast(name as varchar) as name,
            cast(when_classes as varchar[]) as when_classes,
            cast(counts_classes as varchar[]) as counts_classes,
            cast(channels as varchar[]) as channels,
            cast(window_seconds as bigint) as window_seconds,
            cast(max_messages as integer) as max_messages,
            cast(engagement_stages as varchar[]) as engagement_stages,
            cast(engagement_max_messages as integer[]) as engagement_max_messages
        from source
        where {{ newest_templates() }}
    )

select *
from final
