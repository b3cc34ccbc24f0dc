-- Does everything add up, from candidates through decisions to what was handed off?
{{ config(tags=['measure']) }}

with
    ledger as (
        select
            run_date,
            count(*) as n_candidates,
            count(*) filter (where decision = 'send') as n_send,
            count(*) filter (where decision = 'hold') as n_hold,
            count(*) filter (where decision = 'suppress') as n_suppress
        from {{ ref('fct_contact_decisions') }}
        group by run_date
    ),

    handed_off as (
        select
            messages.run_date,
            count(*) filter (where messages.sent_at is not null) as n_sent,
            count(*) filter (where messages.sent_at is null) as n_stopped,
            count(*) filter (where messages.customer_id = {{ erased_customer() }}) as n_of_erased,
            count(*) filter (
                where
                    ledger.message_id is null
                    and messages.customer_id is distinct from {{ erased_customer() }}
            ) as n_without_decision
        from {{ ref('fct_messages') }} as messages
        left join
            {{ ref('fct_contact_decisions') }} as ledger
            on messages.message_id = ledger.message_id
            and messages.run_date = ledger.run_date
            and ledger.decision = 'send'
        where not messages.is_external
        group by messages.run_date
    ),

    final as (
        select
            ledger.run_date,
            ledger.n_candidates,
            ledger.n_send,
            ledger.n_hold,
            ledger.n_suppress,
            coalesce(handed_off.n_sent, 0) as n_sent,
            coalesce(handed_off.n_stopped, 0) as n_stopped,
            coalesce(handed_off.n_of_erased, 0) as n_of_erased,
            coalesce(handed_off.n_without_decision, 0) as n_without_decision,
            ledger.n_send
            - coalesce(handed_off.n_sent, 0)
            - coalesce(handed_off.n_stopped, 0)
            + coalesce(handed_off.n_of_erased, 0)
            + coalesce(handed_off.n_without_decision, 0) as n_not_handed_over
        from ledger
        left join handed_off on ledger.run_date = handed_off.run_date
    )

select *
from final
