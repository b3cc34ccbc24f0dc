-- A verdict in other words, or on a record that nobody delivered, does nothing: a mistyped word or id, or
-- somebody who was erased since. Said every morning, because the file may be edited without CI.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_identity__persons'}}}) }}
select judged.record_id, decisions.verdict, decisions.decided_on
from {{ ref('identity_decisions') }} as decisions
cross join unnest([decisions.left_record_id, decisions.right_record_id]) as judged(record_id)
left join {{ ref('int_identity__records') }} as records on records.record_id = judged.record_id
where records.record_id is null or coalesce(decisions.verdict, '') not in ('accept', 'refuse')
