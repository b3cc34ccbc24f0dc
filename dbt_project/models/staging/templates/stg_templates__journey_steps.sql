with
    source as (select * from {{ source('templates', 'journey_steps') }}),

    final as (
        select
            cast(received_on as date) as received_on,
            cast(policy_version as varchar) as policy_version,
            cast(journey as varchar) as journey,
            cast(step as varchar) as step,
            cast(position as integer) as position,
            cast(delay_seconds as bigint) as delay_seconds,
            cast(send_after_local as time) as send_after_local,
            cast(valid_for_seconds as bigint) as valid_for_seconds,
            cast(yields as boolean) as yields,
            cast(conditions as varchar[]) as conditions,
            cast(recommendation_slots as varchar[]) as recommendation_slots,
            cast(min_recommendations as integer) as min_recommendations,
            cast(min_recommendations_branch as varchar) as min_recommendations_branch,
            cast(max_recommendations as integer) as max_recommendations,
            cast(offer_kind as varchar) as offer_kind,
            cast(offer_value_minor as bigint) as offer_value_minor,
            cast(offer_code as varchar) as offer_code,
            cast(offer_valid_days as integer) as offer_valid_days
        from source
        where {{ newest_templates() }}
    )

select *
from final
