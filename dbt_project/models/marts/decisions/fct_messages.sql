-- What was sent, by whomever: every message of the hand-off ledger, and the newsletters that the provider
-- reports but nobody here sent. Times of opens and clicks are those of people; a click without an open
-- counts as an open.
{{ config(tags=['measure']) }}

with
    outbox as (select * from {{ ref('stg_outbox__messages') }}),

    aliases as ({{ past_ids() }}),

    events as (select * from {{ ref('fct_engagement_events') }}),

    outcomes as (
        select
            message_id,
            any_value(channel) as channel,
            any_value(class) as class,
            any_value(campaign_id) as campaign_id,
            any_value(customer_id) as customer_id,
            bool_and(is_external) as is_external,
            min(occurred_at) as first_event_at,
            min(occurred_at) filter (where event = 'sent') as sent_at,
            min(occurred_at) filter (where event = 'delivered') as delivered_at,
            min(occurred_at) filter (
                where event in ('opened', 'clicked') and not is_machine
            ) as first_opened_at,
            min(occurred_at) filter (where event = 'clicked' and not is_machine) as first_clicked_at,
            bool_or(is_machine and event = 'opened') as has_machine_open,
            bool_or(is_machine and event = 'clicked') as has_machine_click,
            min(occurred_at) filter (where event = 'bounced') as bounced_at,
            min(occurred_at) filter (where event = 'complained') as complained_at,
            min(occurred_at) filter (where event = 'unsubscribed') as unsubscribed_at
        from events
        group by message_id
    ),

    own as (
        select
            outbox.message_id,
            coalesce(aliases.customer_id, outbox.customer_id) as customer_id,
            outbox.customer_id as decided_customer_id,
            outbox.journey,
            outbox.step,
            outbox.channel,
            outbox.class,
            outbox.state,
            case when {{ counts_as_sent('outbox.state') }} then outbox.sent_at end as sent_at,
            outbox.run_date,
            outbox.anchor,
            outbox.experiment,
            outbox.variant,
            outbox.reason,
            outbox.batch_id,
            outbox.send_at,
            outbox.permission_basis,
            outbox.permission_id,
            null as campaign_id,
            false as is_external
        from outbox
        left join aliases on outbox.customer_id = aliases.past_customer_id
    ),

    external as (
        select
            message_id,
            customer_id,
            null as decided_customer_id,
            null as journey,
            null as step,
            channel,
            class,
            case
                when complained_at is not null
                then 'COMPLAINED'
                when bounced_at is not null
                then 'BOUNCED'
                when delivered_at is not null
                then 'DELIVERED'
                else 'ACCEPTED'
            end as state,
            coalesce(sent_at, first_event_at) as sent_at,
            {{ local_day('coalesce(sent_at, first_event_at)') }} as run_date,
            null as anchor,
            null as experiment,
            null as variant,
            null as reason,
            null as batch_id,
            coalesce(sent_at, first_event_at) as send_at,
            null as permission_basis,
            null as permission_id,
            campaign_id,
            true as is_external
        from outcomes
        where is_external
    ),

    final as (
        select
            messages.*,
            outcomes.delivered_at,
            outcomes.first_opened_at,
            outcomes.first_clicked_at,
            coalesce(outcomes.has_machine_open, false) as has_machine_open,
            coalesce(outcomes.has_machine_click, false) as has_machine_click,
            outcomes.bounced_at,
            outcomes.complained_at,
            outcomes.unsubscribed_at
        from
            (
                select *
                from own
                union all by name
                select *
                from external
            ) as messages
        left join outcomes on messages.message_id = outcomes.message_id
    )

select *
from final
