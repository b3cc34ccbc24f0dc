-- Unsubscribing and complaining at the provider withdraw marketing on that channel, whatever the message
-- was. All that was delivered, known to the run or not: whoever reads this says which side of as_of they
-- want, and reads no more than that.
{{ config(materialized='view') }}
with
    final as (
        select
            'provider:' || event_id as event_id,
            address,
            channel,
            'marketing' as purpose,
            'withdrawn' as action,
            occurred_at,
            'provider_' || event as source,
            received_on,
            source_file,
            source_line
        from {{ ref('base_provider__events') }}
        where event in ('unsubscribed', 'complained')
    )
select *
from final
