{{ config(severity='error', meta={'dagster': {'ref': {'name': 'int_triggers__anchors'}}}) }}

-- An anchor that comes twice would double its messages; one whose form nobody knows cannot be found again.
select journey, customer_id, anchor, count(*) as n
from {{ ref('int_triggers__anchors') }}
group by journey, customer_id, anchor
having
    count(*) > 1
    or not regexp_matches(anchor, '^(order|cart|session|date|persona|product|benefit):[^ ]+$')
    or not bool_and(branch in ('with_accessory', 'without_accessory', 'default'))
