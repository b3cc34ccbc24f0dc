-- The account of arbitration: what each journey lost to which other one, and what that used to be worth.
-- A message counts once, with the last day on which another message or a rule stood in its way; one that
-- left on a later day is delayed, not lost. Made on demand: nothing reads it every day.
{{ config(tags=['on_demand']) }}
with
    ledger as (select * from {{ ref('fct_contact_decisions') }}),

    lost as (
        select *
        from ledger
        where reason in ('OUTRANKED', 'QUARANTINED', 'RESERVED', 'DUPLICATE_ADDRESS')
        qualify row_number() over (partition by message_id order by run_date desc) = 1
    ),

    sent as (
        select message_id, min(run_date) as run_date from ledger where decision = 'send' group by message_id
    ),

    journeys_of as (select message_id, any_value(journey) as journey from ledger group by message_id),

    named as (
        -- The ledger names the winner by message; a rule that is full, by the newest message that filled it.
        select
            lost.*,
            case
                lost.reason
                when 'OUTRANKED'
                then lost.winner_message_id
                when 'DUPLICATE_ADDRESS'
                then {{ json_text('lost.evidence', '$.kept_by_message') }}
                when 'QUARANTINED'
                then {{ json_text('lost.evidence', '$.counted_messages[0]') }}
            end as by_message_id,
            {{ json_text('lost.evidence', '$.reserved_for.journey') }} as reserved_for_journey
        from lost
    ),

    past_value as (
        -- Of all messages of the journey until the day before; what it brought, not what it caused.
        select
            journey,
            run_date,
            sum(sum(n_sent)) over earlier_days as n_sent,
            sum(sum(revenue_minor)) over earlier_days as revenue_minor
        from {{ ref('rpt_journey_funnel') }}
        group by journey, run_date
        window
            earlier_days as (
                partition by journey order by run_date rows between unbounded preceding and 1 preceding
            )
    ),

    valued as (
        select
            named.message_id,
            named.customer_id,
            named.journey,
            named.reason,
            case
                when named.reason = 'RESERVED' then named.reserved_for_journey else journeys_of.journey
            end as to_journey,
            case when named.reason = 'QUARANTINED' then named.quarantine_rule end as quarantine_rule,
            sent.message_id is not null as is_delayed,
            past_value.revenue_minor / nullif(past_value.n_sent, 0) as past_revenue_minor
        from named
        left join sent on named.message_id = sent.message_id and named.run_date < sent.run_date
        left join journeys_of on named.by_message_id = journeys_of.message_id
        left join past_value on named.journey = past_value.journey and named.run_date = past_value.run_date
    ),

    final as (
        select
            journey,
            to_journey,
            reason,
            quarantine_rule,
            count(*) as n_messages,
            count(distinct customer_id) as n_customers,
            count(*) filter (where is_delayed) as n_delayed,
            count(*) filter (where not is_delayed) as n_lost,
            avg(past_revenue_minor) filter (where not is_delayed) as past_revenue_minor_per_message,
            cast(
                round(coalesce(sum(past_revenue_minor) filter (where not is_delayed), 0)) as bigint
            ) as past_revenue_minor_lost
        from valued
        group by journey, to_journey, reason, quarantine_rule
    )

select *
from final
