{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- The reason that people read is the first of the gates that failed, in the seed's order, and leads to
-- the decision that the seed names; a send has failed none.
with
    decisions as (select * from {{ ref('fct_contact_decisions') }} where run_date = {{ run_date() }}),

    gates as (
        select decisions.message_id, min(reasons.position) as first_position, count(*) as n_gates
        from decisions
        cross join unnest(decisions.failed_gates) as failed(gate)
        inner join {{ ref('decision_reasons') }} as reasons on failed.gate = reasons.reason
        group by decisions.message_id
    )

select decisions.message_id, decisions.decision, decisions.reason, decisions.failed_gates
from decisions
left join gates on decisions.message_id = gates.message_id
left join {{ ref('decision_reasons') }} as reasons on decisions.reason = reasons.reason
where
    not (
        (decisions.decision = 'send' and decisions.reason is null and len(decisions.failed_gates) = 0)
        or (
            decisions.reason is not null
            and decisions.decision = reasons.decision
            and reasons.position = gates.first_position
            and len(decisions.failed_gates) = gates.n_gates
        )
    )
