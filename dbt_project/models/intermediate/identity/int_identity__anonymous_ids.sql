-- Whose browser an anonymous id was, and when: the last customer who identified on it before an event
-- owns the event. If only one customer ever did, the events of the days before are theirs as well, within
-- the setting; where two did, nobody knows whose they were.
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
    sightings as (
        select distinct anonymous_id, user_id, {{ normalise_email('traits_email') }} as email, occurred_at
        from events
    ),
    identified as (
        select
            sightings.anonymous_id,
            sightings.occurred_at,
            min(coalesce(accounts.customer_id, members.customer_id, emails.customer_id)) as customer_id,
            max(coalesce(accounts.customer_id, members.customer_id, emails.customer_id)) as last_customer_id
        from sightings
        left join persons as accounts on accounts.record_id = 'webshop:' || sightings.user_id
        left join persons as members on members.record_id = 'club:' || sightings.user_id
        left join emails on emails.email = sightings.email
        where coalesce(accounts.customer_id, members.customer_id, emails.customer_id) is not null
        group by sightings.anonymous_id, sightings.occurred_at
    ),
    changes as (
        select
            *,
            lag(customer_id) over (partition by anonymous_id order by occurred_at) as previous_customer_id,
            min(customer_id) over (partition by anonymous_id)
            = max(last_customer_id) over (partition by anonymous_id) as is_only_one
        from identified
    ),
    final as (
        select
            anonymous_id,
            customer_id,
            case
                when is_only_one
                then {{ days_before('occurred_at', var('identity_backward_days')) }}
                else occurred_at
            end as valid_from,
            lead(occurred_at) over (partition by anonymous_id order by occurred_at) as valid_to,
            occurred_at as identified_at
        from changes
        where customer_id is distinct from previous_customer_id
    )
select *
from final
