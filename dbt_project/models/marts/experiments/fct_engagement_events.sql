-- What became of messages, ours and those sent elsewhere. Nobody reads mail within two seconds of its
-- delivery or follows two links in the same two seconds; such opens and clicks are kept, marked, and left
-- out of human rates. Built before the day's decisions, which read it: an event can only answer what
-- earlier runs handed off.
{{ config(unique_key='message_id') }}
{% set delivered, identifiers = ref('stg_provider__events'), ref('dim_customer_identifiers') %}
{% set persons = ref('int_identity__persons') %}
{% set since = carried_from([delivered, identifiers, persons]) %}
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
            from
                (
                    {{ newly_known(
                        delivered,
                        'occurred_at',
                        since,
                        'event_id, message_id, campaign_id, channel, address',
                    ) | indent(20) }}
                ) as fresh
        ),
        moved as (
            -- An order tells of its address once more, and of nothing that says whose it is.
            select distinct affected.identifier_value
            from {{ affected_keys(identifiers) }} as affected
            left join {{ identifiers }} as owned using (identifier_kind, identifier_value, customer_id)
            where
                affected.identifier_kind in ('email', 'phone')
                and (
                    owned.is_primary is distinct from affected.previous_is_primary
                    or owned.first_seen_on is distinct from affected.previous_first_seen_on
                )
        ),
        new_in_log as materialized(
            -- What the log says of a message stays, but for whose it was when that person is erased. A day's
            -- own messages are logged after its run.
            select
                messages.message_id,
                messages.class,
                coalesce(aliases.customer_id, messages.customer_id) as customer_id
            from
                (
                    select message_id, class, customer_id
                    from {{ log }}
                    where run_date >= {{ day_literal(since) }}
                    union all
                    select message_id, class, customer_id
                    from {{ log }}
                    where customer_id = {{ erased_customer() }}
                ) as messages
            left join ({{ past_ids }}) as aliases on messages.customer_id = aliases.past_customer_id
        ),
        -- Until now; whoever has no id of theirs was called by the record's own.
        other_customers as (
            select previous_customer_id as customer_id
            from {{ affected_keys(persons) }}
            union
            select {{ customer_id_of('record_id') }}
            from {{ affected_keys(persons) }}
        ),
        asked as (
            select message_id
            from told
            union
            -- Told again for another message.
            select message_id
            from {{ this }}
            semi join
                (
                    select event_id
                    from told
                    semi join (from {{ affected_keys(delivered) }} where is_repeated) using (event_id)
                ) using (event_id)
            union
            -- Sent to an address that is somebody else's today.
            select coalesce(message_id, {{ external_message_id('campaign_id', 'channel', 'address') }})
            from {{ delivered }}
            where address in (select identifier_value from moved)
            union
            -- A message of ours whose customer is part of another today.
            select message_id
            from {{ this }}
            semi join other_customers using (customer_id)
            where not is_external
        ),
        found as materialized(
            select message_id, event_id, customer_id, class, is_external
            from {{ this }}
            semi join
                (
                    select message_id
                    from asked
                    union all
                    select message_id
                    from new_in_log
                ) using (message_id)
        ),
        touched as (
            select message_id
            from asked
            union
            -- A message of ours that the log did not hold then.
            select found.message_id
            from found
            join new_in_log using (message_id)
            where
                not found.is_external
                and (
                    found.class is distinct from new_in_log.class
                    or found.customer_id is distinct from new_in_log.customer_id
                )
        )
    -- Every event of a message whose answers are looked at anew, with whose it was until now.
    select message_id, event_id, customer_id
    from found
    semi join touched using (message_id)
    union
    select message_id, event_id, null
    from told {{ carried_mark() }}
{%- endif %}
with
    -- Joined, not filtered: the planner takes a filter to leave a fifth of the rows, and would then hold all
    -- events in memory, the widest and longest thing there is, to find each logged message among them.
    kinds(event) as (
        values ('sent'), ('delivered'), ('opened'), ('clicked'), ('bounced'), ('complained'), ('unsubscribed')
    ),

    -- A day's are found once. All are read anew by each that asks for some of them: kept, they would be kept
    -- with all columns.
    events as {{ 'materialized' if since else 'not materialized' }} (
        select
            provider_events.*,
            coalesce(
                message_id, {{ external_message_id('campaign_id', 'channel', 'address') }}
            ) as message_key
        from {{ affected_rows(delivered, 'event_id', since) }} as provider_events
        join kinds using (event)
    ),

    reactions as {{ 'materialized' if since else 'not materialized' }} (
        select event_id, message_key, event, occurred_at, url from events where event in ('opened', 'clicked')
    ),

    delivered as (
        select message_key, min(occurred_at) as delivered_at
        from events
        where event = 'delivered'
        group by message_key
    ),

    too_fast as (
        select reactions.event_id
        from reactions
        join delivered using (message_key)
        where reactions.occurred_at - delivered.delivered_at < interval 2 seconds
    ),

    several_links as (
        select message_key
        from reactions
        where event = 'clicked'
        group by message_key
        having min(url) <> max(url)
    ),

    every_link as (
        select event_id
        from reactions
        semi join several_links using (message_key)
        window
            around as (
                partition by message_key
                order by
                    occurred_at range between interval 2 seconds preceding and interval 2 seconds following
            )
        qualify
            min(url) filter (where event = 'clicked') over around
            <> max(url) filter (where event = 'clicked') over around
    ),

    machine_agents as (
        select *
        from {{ ref('int_experiments__machine_agents') }}
        where is_machine_agent or is_machine_network
    ),

    address_owners as (
        -- An address shared by several customers is told as one person's: the owner known longest.
        select identifier_kind, identifier_value, customer_id
        from {{ identifiers }}
        where
            identifier_kind in ('email', 'phone')
            {% if since -%} and identifier_value in (select address from events) {%- endif %}
        qualify
            row_number() over (
                partition by identifier_kind, identifier_value
                order by is_primary desc, first_seen_on, customer_id
            )
            = 1
    ),

    messages as (
        select
            logged.message_id, logged.class, coalesce(aliases.customer_id, logged.customer_id) as customer_id
        from {{ affected_rows(log, 'message_id', since) }} as logged
        left join ({{ past_ids }}) as aliases on logged.customer_id = aliases.past_customer_id
    ),

    final as (
        select
            events.event_id,
            events.message_key as message_id,
            events.campaign_id,
            coalesce(
                messages.class, events.class, case when events.message_id is null then 'newsletter' end
            ) as class,
            coalesce(messages.customer_id, address_owners.customer_id) as customer_id,
            events.channel,
            events.event,
            events.occurred_at,
            case
                when events.event not in ('opened', 'clicked')
                then null
                when machine_agents.is_machine_agent
                then 'user_agent'
                when machine_agents.is_machine_network
                then 'network'
                when too_fast.event_id is not null
                then 'too_fast'
                when every_link.event_id is not null
                then 'every_link'
            end as machine_reason,
            machine_reason is not null as is_machine,
            events.message_id is null as is_external,
            events.url,
            events.received_on
        from events
        left join
            machine_agents
            on events.user_agent is not distinct from machine_agents.user_agent
            and events.ip_network is not distinct from machine_agents.ip_network
        left join too_fast on events.event_id = too_fast.event_id
        left join every_link on events.event_id = every_link.event_id
        left join
            address_owners
            on events.address = address_owners.identifier_value
            and address_owners.identifier_kind
            = case events.channel when 'email' then 'email' else 'phone' end
        -- Last: where the log does not fit into memory, the events wait for its parts in their final form.
        left join messages on events.message_id = messages.message_id
    )

select *
from final
