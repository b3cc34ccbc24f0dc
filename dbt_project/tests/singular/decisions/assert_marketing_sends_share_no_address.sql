{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- Two people behind one address get one message.
with
    sends as (
        select decisions.message_id, decisions.channel, contact_points.address
        from {{ ref('fct_contact_decisions') }} as decisions
        inner join
            {{ ref('int_customers__contact_points') }} as contact_points
            on decisions.customer_id = contact_points.customer_id
            and decisions.channel = contact_points.channel
        where
            decisions.run_date = {{ run_date() }}
            and decisions.decision = 'send'
            and decisions.class <> 'service'
    )

select channel, count(*) as n_messages, list(message_id) as message_ids
from sends
group by channel, address
having count(*) > 1 and count(*) filter (where {{ not_handed_off('message_id') }}) > 0
