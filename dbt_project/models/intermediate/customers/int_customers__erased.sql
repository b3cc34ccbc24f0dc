-- Customers who asked to be erased, by any address, number or member id on any of their records. A value that
-- identifies nobody (the shop's phone) names nobody here either: it would take everybody's records along.
{{ config(unique_key='customer_id', meta={'compared': ['erased_at']}) }}
with
    requests as (select * from {{ ref('stg_privacy__erasures') }}),
    requested as (
        select requested_at, 'email' as identifier_kind, email as identifier_value
        from requests
        where email is not null
        union all
        select requested_at, 'phone', phone
        from requests
        where phone is not null
        union all
        select requested_at, 'member_id', upper(member_id)
        from requests
        where member_id is not null
    ),
    final as (
        select persons.customer_id, min(requested.requested_at) as erased_at
        from requested
        join {{ ref('int_identity__identifiers') }} as identifiers using (identifier_kind, identifier_value)
        join {{ ref('int_identity__persons') }} as persons using (record_id)
        where not identifiers.is_blocked
        group by persons.customer_id
    )
select *
from final
