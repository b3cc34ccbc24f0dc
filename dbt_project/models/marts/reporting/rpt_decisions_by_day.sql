-- The ledger in figures. Where the hand-off had the last word (permission withdrawn in between, batch
-- held back), its reason stands, so that nobody reads "sent" for a message that stayed.
{{ config(tags=['measure']) }}

with
    ledger as (select * from {{ ref('fct_contact_decisions') }}),

    stopped_at_hand_off as (
        select message_id, run_date, reason
        from {{ ref('fct_messages') }}
        where not is_external and sent_at is null and reason is not null
    ),

    reasons as (select * from {{ ref('decision_reasons') }}),

    final as (
        select
            ledger.run_date,
            ledger.journey,
            ledger.channel,
            case
                when stopped.reason is null then ledger.decision else coalesce(reasons.decision, 'hold')
            end as decision,
            coalesce(stopped.reason, ledger.reason) as reason,
            count(*) as n
        from ledger
        left join
            stopped_at_hand_off as stopped
            on ledger.message_id = stopped.message_id
            and ledger.run_date = stopped.run_date
            and ledger.decision = 'send'
        left join reasons on stopped.reason = reasons.reason
        group by all
    )

select *
from final
