with
    told as (select * from {{ ref('stg_consent__events') }}),
    by_provider as ({{ first_known(ref('int_consent__provider_withdrawals'), 'event_id', 'occurred_at') }}),
    final as (
        select event_id, address, channel, purpose, action, occurred_at, source, wording_version, received_on
        from told
        where address is not null
        union all
        select
            event_id,
            address,
            channel,
            purpose,
            action,
            occurred_at,
            source,
            cast(null as varchar) as wording_version,
            received_on
        from by_provider
        where address is not null
    )
select *
from final
