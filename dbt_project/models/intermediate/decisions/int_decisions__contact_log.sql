-- What customers received before this run, as far back as the longest window of the contact policy looks:
-- messages of our own through every id the customer ever had, and newsletters that the provider sent
-- outside this system.
with
    messages as (
        select *
        from {{ ref('stg_outbox__contact_log') }}
        where {{ counts_as_sent('state') }} and {{ handed_off_before() }}
    ),

    events as (
        select *
        from {{ ref('stg_provider__events') }}
        where event = 'sent' and message_id is null and occurred_at < {{ as_of() }}
    ),

    identifiers as (
        select * from {{ ref('dim_customer_identifiers') }} where identifier_kind in ('email', 'phone')
    ),

    aliases as ({{ past_ids() }}),

    rules as (select * from {{ ref('stg_templates__policy_rules') }}),

    wishes as (select * from {{ ref('stg_consent__preferences') }}),

    horizon as (
        -- A day more than the longest window: in a zone east of the retailer the hours of run_date begin
        -- earlier.
        select
            {{ as_of() }} - to_seconds(
                greatest(
                    coalesce(max(window_seconds), 0),
                    (select coalesce(max(period_days), 0) * 86400 from wishes where max_messages > 0)
                )
                + 86400
            ) as since_at
        from rules
    ),

    own as (
        select
            coalesce(aliases.customer_id, messages.customer_id) as customer_id,
            messages.message_id,
            messages.class,
            messages.channel,
            {{ touch_key('messages.journey', 'messages.step', 'messages.anchor') }} as touch_key,
            messages.sent_at
        from messages
        cross join horizon
        left join aliases on messages.customer_id = aliases.past_customer_id
        where messages.sent_at > horizon.since_at
    ),

    outside as (
        -- Each one is a touch of its own. An address known for several people counts for each of them.
        select distinct
            identifiers.customer_id,
            events.event_id as message_id,
            coalesce(events.class, 'newsletter') as class,
            events.channel,
            {{ touch_key("'external'", "''", 'events.event_id') }} as touch_key,
            events.occurred_at as sent_at
        from events
        cross join horizon
        inner join
            identifiers
            on events.address = identifiers.identifier_value
            and identifiers.identifier_kind = case events.channel when 'sms' then 'phone' else 'email' end
        where events.occurred_at > horizon.since_at
    ),

    final as (
        select *
        from own
        union all
        select *
        from outside
    )

select *
from final
