-- Consent and withdrawals that cannot be tied to an address: a grant here allows nothing, a withdrawal
-- stops nothing, so somebody should look at them.
with
    final as (
        select event_id, 'consent' as source, channel, action, occurred_at, received_on
        from {{ ref('stg_consent__events') }}
        where address is null
        union all
        select 'provider:' || event_id, 'provider', channel, 'withdrawn', occurred_at, received_on
        from {{ ref('stg_provider__events') }}
        where address is null and event in ('unsubscribed', 'complained')
    )
select *
from final
