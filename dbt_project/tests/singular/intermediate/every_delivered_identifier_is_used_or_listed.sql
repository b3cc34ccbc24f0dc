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
    used as (
        select record_id, identifier_kind, 1 as n_places
        from {{ ref('int_identity__identifiers') }}
        where not is_blocked
    ),
    listed as (
        select record_id, identifier_kind, count(*) as n_places
        from {{ ref('int_identity__unusable_identifiers') }}
        group by record_id, identifier_kind
    )
select delivered.*, coalesce(used.n_places, 0) + coalesce(listed.n_places, 0) as n_places_in_all
from delivered
left join used using (record_id, identifier_kind)
left join listed using (record_id, identifier_kind)
where n_places_in_all <> 1
