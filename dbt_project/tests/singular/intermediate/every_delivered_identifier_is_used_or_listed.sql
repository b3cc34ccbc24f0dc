-- Nothing is dropped in silence: a delivered e-mail, phone or member id identifies, or is listed with its
-- reason.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'int_identity__unusable_identifiers'}}}) }}
with
    delivered as (
        select record_id, 'email' as identifier_kind
        from {{ ref('int_identity__records') }}
        where trim(delivered_email) <> ''
        union all
        select record_id, 'phone'
        from {{ ref('int_identity__records') }}
        where trim(delivered_phone) <> ''
    ),
    accounted as (
        select record_id, identifier_kind
        from {{ ref('int_identity__identifiers') }}
        where not is_blocked
        union all
        select record_id, identifier_kind
        from {{ ref('int_identity__unusable_identifiers') }}
    )
select delivered.*, count(accounted.record_id) as n_places
from delivered
left join accounted using (record_id, identifier_kind)
group by all
having count(accounted.record_id) <> 1
