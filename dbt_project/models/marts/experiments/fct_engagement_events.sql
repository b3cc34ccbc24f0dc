-- What became of messages, ours and those sent elsewhere. Nobody reads mail within two seconds of its
-- delivery or follows two links in the same two seconds; such opens and clicks are kept, marked, and left
-- out of human rates. Built before the day's decisions, which read it: an event can only answer what
-- earlier runs handed off.
{{ config(unique_key='message_id') }}
{% set since = carried_from([ref('stg_provider__events'), ref('dim_customer_identifiers')]) %}
{% set delivered = ref('stg_provider__events') %}
{% set log = ref('stg_outbox__contact_log') %}
{% set past_ids = past_ids() %}
{%- if since %}
    with
        told as (
            select
                event_id,
                coalesce(
                    message_id, {{ external_message_id('campaign_id', 'channel', 'address') }}
                ) as message_id
            from {{ delivered }}
            semi join {{ affected_keys(delivered) }} using (event_id)
        ),
        moved as (
            select distinct identifier_value
            from {{ affected_keys(ref('dim_customer_identifiers')) }}
            where identifier_kind in ('email', 'phone')
        ),
        touched as (
            select message_id
            from told
            union
            -- Told again for another message.
            select message_id
            from {{ this }}
            semi join {{ affected_keys(delivered) }} using (event_id)
            union
            -- Sent to an address that is somebody else's today.
            select message_id
            from {{ this }}
            where
                event_id in (
                    select event_id from {{ delivered }} where address in (select identifier_value from moved)
                )
            union
            -- A message of ours that the log did not hold then, or whose customer is part of another today.
            select own.message_id
            from {{ this }} as own
            join {{ log }} as messages using (message_id)
            left join ({{ past_ids }}) as aliases on messages.customer_id = aliases.past_customer_id
            where
                not own.is_external
                and (
                    own.class is distinct from messages.class
                    or own.customer_id is distinct from coalesce(aliases.customer_id, messages.customer_id)
                )
        )
    -- Every event of a message whose answers are looked at anew, with whose it was until now.
    select message_id, event_id, customer_id
    from {{ this }}
    semi join touched using (message_id)
    union
    select message_id, event_id, null
    from told {{ carried_mark() }}
{%- endif %}
with
    provider_events as (
        select *
        from {{ delivered }} {{ only_affected(since, 'event_id') }}
        where event in ('sent', 'delivered', 'opened', 'clicked', 'bounced', 'complained', 'unsubscribed')
    ),

    messages as (select * from {{ log }} {{ only_affected(since, 'message_id') }}),

    aliases as ({{ past_ids }}),

    machine_agents as (select * from {{ ref('int_experiments__machine_agents') }}),

    address_owners as (
        -- An address shared by several customers is told as one person's: the owner known longest.
        select identifier_kind, identifier_value, customer_id
        from {{ ref('dim_customer_identifiers') }}
        where
            identifier_kind in ('email', 'phone')
            {% if since -%} and identifier_value in (select address from provider_events) {%- endif %}
        qualify
            row_number() over (
                partition by identifier_kind, identifier_value
                order by is_primary desc, first_seen_on, customer_id
            )
            = 1
    ),

    events as (
        select
            provider_events.*,
            coalesce(
                provider_events.message_id,
                {{ external_message_id('provider_events.campaign_id', 'provider_events.channel', 'provider_events.address') }}
            ) as message_key
        from provider_events
    ),

    delivered as (
        select message_key, min(occurred_at) as delivered_at
        from events
        where event = 'delivered'
        group by message_key
    ),

    reactions as (
        select
            events.event_id,
            events.event,
            events.occurred_at - delivered.delivered_at < interval 2 seconds as is_too_fast,
            min(events.url) filter (where events.event = 'clicked') over around
            <> max(events.url) filter (where events.event = 'clicked') over around as is_every_link
        from events
        left join delivered on events.message_key = delivered.message_key
        where events.event in ('opened', 'clicked')
        window
            around as (
                partition by events.message_key
                order by
                    events.occurred_at
                    range between interval 2 seconds preceding and interval 2 seconds following
            )
    ),

    final as (
        select
            events.event_id,
            events.message_key as message_id,
            events.campaign_id,
            coalesce(
                messages.class, events.class, case when events.message_id is null then 'newsletter' end
            ) as class,
            coalesce(aliases.customer_id, messages.customer_id, address_owners.customer_id) as customer_id,
            events.channel,
            events.event,
            events.occurred_at,
            case
                when reactions.event_id is null
                then null
                when machine_agents.is_machine_agent
                then 'user_agent'
                when machine_agents.is_machine_network
                then 'network'
                when reactions.is_too_fast
                then 'too_fast'
                when reactions.is_every_link
                then 'every_link'
            end as machine_reason,
            machine_reason is not null as is_machine,
            events.message_id is null as is_external,
            events.url,
            events.received_on
        from events
        left join reactions on events.event_id = reactions.event_id
        left join
            machine_agents
            on events.user_agent is not distinct from machine_agents.user_agent
            and events.ip_network is not distinct from machine_agents.ip_network
        left join messages on events.message_id = messages.message_id
        left join aliases on messages.customer_id = aliases.past_customer_id
        left join
            address_owners
            on events.address = address_owners.identifier_value
            and address_owners.identifier_kind
            = case events.channel when 'email' then 'email' else 'phone' end
    )

select *
from final
