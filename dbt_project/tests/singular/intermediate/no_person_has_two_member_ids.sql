-- Two member ids are two people, whatever addresses they share: joining them would send one the other's
-- messages.
{{ config(severity='error', meta={'dagster': {'ref': {'name': 'int_identity__persons'}}}) }}
select persons.customer_id, count(distinct records.member_id) as n_member_ids
from {{ ref('int_identity__persons') }} as persons
join {{ ref('int_identity__records') }} as records using (record_id)
left join
    {{ ref('int_identity__identifiers') }} as identifiers
    on identifiers.record_id = records.record_id
    and identifiers.identifier_kind = 'member_id'
where not coalesce(identifiers.is_blocked, false)
group by persons.customer_id
having count(distinct records.member_id) > 1
