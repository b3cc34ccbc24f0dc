with
    source as (select * from {{ source('templates', 'journey_step_channels') }}),

    final as (
        select
            cast(received_on as date) as received_on,
            cast(policy_version as varchar) as policy_version,
            cast(journey as varchar) as journey,
            cast(step as varchar) as step,
            cast(channel as varchar) as channel,
            cast(position as integer) as position,
            cast(is_fallback as boolean) as is_fallback
        from source
        where {{ newest_templates() }}
    )

select *
from final
