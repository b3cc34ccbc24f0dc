-- Customers who asked to be erased, by any address, number or member id on any of their records. A value that
-- identifies nobody (the shop's phone) names nobody here either: it would take everybody's records along.
-- Nor did those ask who share an address with the one who did, and bear another name.
{{ config(unique_key='customer_id', meta={'compared': ['erased_at']}) }}
with
    requests as (select * from {{ ref('stg_privacy__erasures') }}),
    forms as (select * from {{ ref('identity_normal_forms') }}),
    persons as (select * from {{ ref('int_identity__persons') }}),
    -- The surest first: a member id is one person's, an address may be a household's.
    requested as (
        select
            request_id,
            requested_at,
            1 as rank,
            'member_id' as identifier_kind,
            upper(member_id) as link_value
        from requests
        where member_id is not null
        union all
        select request_id, requested_at, 2, 'email', {{ mailbox('email') }}
        from requests {{ mailbox_forms('forms', 'email') }}
        where email is not null
        union all
        select request_id, requested_at, 3, 'phone', phone
        from requests
        where phone is not null
    ),
    found as (
        select requested.request_id, requested.requested_at, persons.customer_id, min(requested.rank) as rank
        from requested
        join {{ ref('int_identity__identifiers') }} as identifiers using (identifier_kind, link_value)
        join persons using (record_id)
        where not identifiers.is_blocked
        group by requested.request_id, requested.requested_at, persons.customer_id
    ),
    ranked as (select *, rank = min(rank) over (partition by request_id) as is_surest from found),
    names as (
        select distinct persons.customer_id, records.first_name_key
        from persons
        join {{ ref('int_identity__records') }} as records using (record_id)
        where records.first_name_key is not null and persons.customer_id in (select customer_id from ranked)
    ),
    compared as (
        select
            ranked.request_id,
            ranked.requested_at,
            ranked.customer_id,
            ranked.is_surest,
            bool_or({{ names_agree('own.first_name_key', 'asked.first_name_key') }}) as names_agree
        from ranked
        join ranked as surest on surest.request_id = ranked.request_id and surest.is_surest
        left join names as own on own.customer_id = ranked.customer_id
        left join names as asked on asked.customer_id = surest.customer_id
        group by ranked.request_id, ranked.requested_at, ranked.customer_id, ranked.is_surest
    ),
    final as (
        select customer_id, min(requested_at) as erased_at
        from compared
        where is_surest or coalesce(names_agree, true)
        group by customer_id
    )
select *
from final
