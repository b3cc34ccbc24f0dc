-- Withdrawals that no decision of this run may know, because they happened at or after as_of, but that
-- had arrived by the day of the run. The hand-off asks here once more before anything leaves.
with
    withdrawals as (
        select address, channel, purpose, action, occurred_at, received_on
        from {{ ref('base_consent__events') }}
        union all
        select address, channel, purpose, action, occurred_at, received_on
        from {{ ref('int_consent__provider_withdrawals') }}
    ),
    final as (
        select address, channel, min(occurred_at) as occurred_at
        from withdrawals
        where
            {{ received_but_after_as_of('occurred_at') }}
            and action = 'withdrawn'
            and purpose = 'marketing'
            and address is not null
        group by address, channel
    )
select *
from final
