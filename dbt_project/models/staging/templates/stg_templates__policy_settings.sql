with
    source as (select * from {{ source('templates', 'policy_settings') }}),

    final as (
        select
            cast(received_on as date) as received_on,
            cast(policy_version as varchar) as policy_version,
            cast(holdout_epoch as varchar) as holdout_epoch,
            cast(holdout_buckets as integer) as holdout_buckets,
            cast(soft_opt_in_months as integer) as soft_opt_in_months,
            cast(soft_opt_in_channels as varchar[]) as soft_opt_in_channels,
            cast(price_regret_days as integer) as price_regret_days,
            cast(accessory_lookback_days as integer) as accessory_lookback_days,
            cast(gifts_steer as boolean) as gifts_steer,
            cast(is_email_paused as boolean) as is_email_paused,
            cast(is_sms_paused as boolean) as is_sms_paused,
            cast(default_open_local as time) as default_open_local,
            cast(sends_at_best_hour as boolean) as sends_at_best_hour,
            cast(volume_max_messages as integer) as volume_max_messages,
            cast(volume_max_ratio as double) as volume_max_ratio,
            cast(volume_min_past_runs as integer) as volume_min_past_runs,
            cast(volume_always_fine as integer) as volume_always_fine,
            cast(volume_max_without_forecast as integer) as volume_max_without_forecast,
            cast(volume_exception_journeys as varchar[]) as volume_exception_journeys,
            cast(volume_exception_from as date[]) as volume_exception_from,
            cast(volume_exception_until as date[]) as volume_exception_until,
            cast(volume_exception_max as integer[]) as volume_exception_max
        from source
        where {{ newest_templates() }}
    )

select *
from final
