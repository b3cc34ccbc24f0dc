with
    source as (select * from {{ source('templates', 'journey_experiments') }}),

    final as (
        select
            cast(received_on as date) as received_on,
            cast(policy_version as varchar) as policy_version,
            cast(journey as varchar) as journey,
            cast(experiment as varchar) as experiment,
            cast(arm as varchar) as arm,
            cast(bucket_from as integer) as bucket_from,
            cast(bucket_to as integer) as bucket_to
        from source
        where {{ newest_templates() }}
    )

select *
from final
