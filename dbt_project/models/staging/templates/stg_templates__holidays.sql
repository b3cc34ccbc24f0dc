with
    source as (select * from {{ source('templates', 'holidays') }}),

    final as (
        select
            cast(received_on as date) as received_on,
            cast(policy_version as varchar) as policy_version,
            cast(country as varchar) as country,
            cast(holiday_on as date) as holiday_on,
            cast(name as varchar) as name
        from source
        where {{ newest_templates() }}
    )

select *
from final
