{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- Nothing is dropped on the way: every due candidate and channel that is not settled (sent, and expired
-- since) has exactly one row in the ledger, and every row is such a candidate or a message that an earlier
-- execution of the day handed off.
with
    candidates as (
        select
            candidates.customer_id, candidates.journey, candidates.anchor, candidates.step, channels.channel
        from {{ ref('int_decisions__candidates') }} as candidates
        inner join
            {{ ref('stg_templates__journey_step_channels') }} as channels
            on candidates.journey = channels.journey
            and candidates.step = channels.step
        anti join
            {{ ref('int_decisions__eligibility') }} as settled
            on candidates.customer_id = settled.customer_id
            and candidates.journey = settled.journey
            and candidates.anchor = settled.anchor
            and candidates.step = settled.step
            and channels.channel = settled.channel
            and settled.is_settled
        where candidates.is_due
    ),

    decided as (
        select
            coalesce(aliases.customer_id, decisions.customer_id) as customer_id,
            decisions.journey,
            decisions.anchor,
            decisions.step,
            decisions.channel,
            decisions.message_id
        from {{ ref('fct_contact_decisions') }} as decisions
        left join
            {{ ref('int_identity__aliases') }} as aliases on decisions.customer_id = aliases.past_customer_id
        where decisions.run_date = {{ run_date() }} and decisions.decision in ('send', 'hold', 'suppress')
    )

select
    customer_id,
    journey,
    anchor,
    step,
    channel,
    count(candidates.anchor) as n_candidates,
    count(message_id) as n_rows
from candidates
full outer join decided using (customer_id, journey, anchor, step, channel)
group by all
having n_rows <> 1 or (n_candidates <> 1 and {{ not_handed_off('any_value(message_id)') }})
