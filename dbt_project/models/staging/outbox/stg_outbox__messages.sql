{{ config(tags=['measure']) }}

with
    source as (select * from {{ source('outbox', 'messages') }}),

    final as (
        select
            cast(message_id as varchar) as message_id,
            cast(run_date as date) as run_date,
            cast(customer_id as varchar) as customer_id,
            cast(journey as varchar) as journey,
            cast(step as varchar) as step,
            cast(channel as varchar) as channel,
            cast(class as varchar) as class,
            cast(anchor as varchar) as anchor,
            cast(experiment as varchar) as experiment,
            cast(variant as varchar) as variant,
            cast(state as varchar) as state,
            cast(reason as varchar) as reason,
            cast(batch_id as varchar) as batch_id,
            cast(send_at as timestamptz) as send_at,
            cast(sent_at as timestamptz) as sent_at,
            cast(expires_at as timestamptz) as expires_at,
            cast(permission_basis as varchar) as permission_basis,
            cast(permission_id as varchar) as permission_id,
            cast(address_key as varchar) as address_key,
            cast(policy_version as varchar) as policy_version
        from source
    )

select *
from final
