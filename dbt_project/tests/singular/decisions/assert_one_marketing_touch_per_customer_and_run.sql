{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- Arbitration lets one touch through; a mail and its SMS are one.
select customer_id, count(distinct touch_id) as n_touches
from {{ ref('fct_contact_decisions') }}
where run_date = {{ run_date() }} and decision = 'send' and class <> 'service'
group by customer_id
having count(distinct touch_id) > 1 and count(*) filter (where {{ not_handed_off('message_id') }}) > 0
