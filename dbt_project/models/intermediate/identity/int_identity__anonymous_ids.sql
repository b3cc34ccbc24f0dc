-- Whose browser an anonymous id was, and when: the last customer who identified on it before an event
-- owns the event. If only one customer ever did, the events of the days before are theirs as well, within
-- the setting; where two did, nobody knows whose they were.
{{ config(
    unique_key=['anonymous_id', 'identified_at'],
    meta={'carried_by': ['anonymous_id'], 'compared': ['customer_id', 'valid_from', 'valid_to']},
) }}
{% set all_claims, tracked = ref('int_identity__browser_claims'), ref('stg_tracker__events') %}
{% set persons, identifiers = ref('int_identity__persons'), ref('int_identity__identifiers') %}
{% set since = carried_from([all_claims, persons, identifiers]) %}
{%- if since %}
    with
        moved as (select record_id from {{ affected_keys(persons) }}),
        -- Addresses that may be somebody else's now, or nobody's, or were until now.
        emails as (
            select identifier_value
            from {{ identifiers }}
            where
                identifier_kind = 'email'
                and record_id in (
                    select record_id
                    from moved
                    union all
                    select record_id
                    from {{ affected_keys(identifiers) }}
                )
            union all
            select previous_identifier_value
            from {{ affected_keys(identifiers) }}
            where identifier_kind = 'email'
        )
    select anonymous_id
    from {{ affected_keys(all_claims) }}
    union all
    select anonymous_id
    from {{ all_claims }}
    where
        'webshop:' || user_id in (select record_id from moved)
        or 'club:' || user_id in (select record_id from moved)
        or email in (select identifier_value from emails) {{ carried_mark() }}
{%- endif %}
with
    claims as (select * from {{ all_claims }} {{ only_affected(since, 'anonymous_id') }}),
    persons as (select * from {{ persons }}),
    -- An address that several people share does not say who sat there.
    emails as (
        select identifiers.identifier_value as email, min(persons.customer_id) as customer_id
        from {{ identifiers }} as identifiers
        join persons using (record_id)
        where
            identifiers.identifier_kind = 'email'
            and not identifiers.is_blocked
            and identifiers.identifier_value in (select email from claims)
        group by identifiers.identifier_value
        having count(distinct persons.customer_id) = 1
    ),
    resolved as (
        select
            claims.anonymous_id,
            claims.user_id,
            claims.traits_email,
            claims.occurred_at,
            coalesce(accounts.customer_id, members.customer_id, emails.customer_id) as customer_id
        from claims
        left join persons as accounts on accounts.record_id = 'webshop:' || claims.user_id
        left join persons as members on members.record_id = 'club:' || claims.user_id
        left join emails on emails.email = claims.email
    ),
    owners as (
        select
            anonymous_id,
            min(customer_id) as customer_id,
            min(occurred_at) as occurred_at,
            min(customer_id) = max(customer_id) as is_only_one
        from resolved
        where customer_id is not null
        group by anonymous_id
    ),
    -- Only where two sat at one browser does it matter when each of them did.
    identified as (
        select events.anonymous_id, events.occurred_at, min(resolved.customer_id) as customer_id
        from {{ tracked }} as events
        join
            resolved
            on resolved.anonymous_id = events.anonymous_id
            and resolved.user_id is not distinct from events.user_id
            and resolved.traits_email is not distinct from events.traits_email
        where
            resolved.customer_id is not null
            and events.anonymous_id in (select anonymous_id from owners where not is_only_one)
        group by events.anonymous_id, events.occurred_at
    ),
    changes as (
        select
            *, lag(customer_id) over (partition by anonymous_id order by occurred_at) as previous_customer_id
        from identified
    ),
    final as (
        select
            anonymous_id,
            customer_id,
            {{ days_before('occurred_at', var('identity_backward_days')) }} as valid_from,
            cast(null as timestamptz) as valid_to,
            occurred_at as identified_at
        from owners
        where is_only_one
        union all
        select
            anonymous_id,
            customer_id,
            occurred_at,
            lead(occurred_at) over (partition by anonymous_id order by occurred_at),
            occurred_at
        from changes
        where customer_id is distinct from previous_customer_id
    )
select *
from final
