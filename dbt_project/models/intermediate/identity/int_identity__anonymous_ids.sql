-- Whose browser an anonymous id was, and when: the last customer who identified on it before an event
-- owns the event. If only one customer ever did, the events of the days before are theirs as well, within
-- the setting; where two did, nobody knows whose they were.
{{ config(
    unique_key=['anonymous_id', 'identified_at'], meta={'compared': ['customer_id', 'valid_from', 'valid_to']}
) }}
with
    events as (
        select anonymous_id, user_id, traits_email, occurred_at
        from {{ ref('stg_tracker__events') }}
        where anonymous_id is not null and (user_id is not null or traits_email is not null)
    ),
    persons as (select * from {{ ref('int_identity__persons') }}),
    -- An address that several people share does not say who sat there.
    emails as (
        select identifiers.identifier_value as email, min(persons.customer_id) as customer_id
        from {{ ref('int_identity__identifiers') }} as identifiers
        join persons using (record_id)
        where identifiers.identifier_kind = 'email' and not identifiers.is_blocked
        group by identifiers.identifier_value
        having count(distinct persons.customer_id) = 1
    ),
    -- As whom somebody identified in a browser, once and not for every page: nearly always it is one person.
    claims as (
        select
            anonymous_id,
            user_id,
            traits_email,
            {{ normalise_email('traits_email') }} as email,
            min(occurred_at) as occurred_at
        from events
        group by anonymous_id, user_id, traits_email
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
        from events
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
