with
    source as (select * from {{ source('templates', 'journeys') }}),

    final as (
        select
            cast(received_on as date) as received_on,
            cast(policy_version as varchar) as policy_version,
            cast(journey as varchar) as journey,
            cast(name as varchar) as name,
            cast(description as varchar) as description,
            cast(class as varchar) as class,
            cast(priority as integer) as priority,
            cast(trigger_kind as varchar) as trigger_kind,
            cast(trigger_params as varchar) as trigger_params,
            cast(audience_customer_type as varchar) as audience_customer_type,
            cast(audience_is_member as boolean) as audience_is_member,
            cast(audience_countries as varchar[]) as audience_countries,
            cast(audience_personas as varchar[]) as audience_personas,
            cast(audience_stages as varchar[]) as audience_stages,
            cast(audience_engagement as varchar[]) as audience_engagement,
            cast(is_paused as boolean) as is_paused,
            cast(enter_from as date) as enter_from,
            cast(enter_until as date) as enter_until,
            cast(holdout_buckets as integer) as holdout_buckets,
            cast(goal as varchar) as goal,
            cast(entry_gap_days as integer) as entry_gap_days,
            cast(once_per as varchar) as once_per,
            cast(min_expected_value_minor as bigint) as min_expected_value_minor,
            cast(handoff as varchar) as handoff
        from source
        where {{ newest_templates() }}
    )

select *
from final
