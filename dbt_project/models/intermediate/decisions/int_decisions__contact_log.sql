-- What customers received before this run, in each channel as far back as a rule of the contact policy or
-- somebody's wish looks: messages of our own through every id the customer ever had, and newsletters that
-- the provider sent outside this system.
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

    channels as (select unnest(['email', 'sms']) as channel),

    looks_back as (
        -- The ad audiences ask who was written to while intent is fresh.
        select channel, 86400 * {{ var('fresh_intent_days') }} as seconds
        from channels
        union all
        select channels.channel, rules.window_seconds
        from channels
        inner join rules on rules.channels is null or list_contains(rules.channels, channels.channel)
        union all
        select channel, period_days * 86400
        from wishes
        where max_messages > 0
    ),

    horizons as (
        select channel, {{ earliest_start_of_day() }} - to_seconds(max(seconds)) as since_at
        from looks_back
        group by channel
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
        inner join horizons on messages.channel = horizons.channel and messages.sent_at > horizons.since_at
        left join aliases on messages.customer_id = aliases.past_customer_id
        -- Said once more for all channels: only this spares the older part of the log.
        where messages.sent_at > (select min(horizons.since_at) from horizons)
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
        inner join horizons on events.channel = horizons.channel and events.occurred_at > horizons.since_at
        inner join
            identifiers
            on events.address = identifiers.identifier_value
            and identifiers.identifier_kind = case events.channel when 'sms' then 'phone' else 'email' end
        -- Said once more, as above.
        where events.occurred_at > (select min(horizons.since_at) from horizons)
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
