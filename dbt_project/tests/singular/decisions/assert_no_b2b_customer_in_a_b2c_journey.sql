{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- Business customers buy often; consumer journeys would flood them.
select decisions.message_id, decisions.customer_id, decisions.journey
from {{ ref('fct_contact_decisions') }} as decisions
inner join {{ ref('stg_templates__journeys') }} as journeys on decisions.journey = journeys.journey
inner join {{ ref('dim_customers') }} as customers on decisions.customer_id = customers.customer_id
where
    decisions.run_date = {{ run_date() }}
    and decisions.decision = 'send'
    and journeys.audience_customer_type <> 'any'
    and customers.customer_type is distinct from journeys.audience_customer_type
    and {{ not_handed_off('decisions.message_id') }}
