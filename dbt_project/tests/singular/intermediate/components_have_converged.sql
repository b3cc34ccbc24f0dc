-- Two records joined by a kept link are one customer. Fails if the graph was left before it had settled.
{{ config(severity='error', meta={'dagster': {'ref': {'name': 'int_identity__persons'}}}) }}
select links.left_record_id, links.right_record_id
from {{ ref('int_identity__links') }} as links
join {{ ref('int_identity__persons') }} as left_person on left_person.record_id = links.left_record_id
join {{ ref('int_identity__persons') }} as right_person on right_person.record_id = links.right_record_id
where links.refused_by is null and left_person.customer_id <> right_person.customer_id
