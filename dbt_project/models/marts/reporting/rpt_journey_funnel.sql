-- From candidate to purchase, per journey, step, channel and day. Opens and clicks are people's; machines'
-- stand beside.
{{ config(tags=['measure']) }}

with
    ledger as (
        select
            run_date,
            journey,
            step,
            channel,
            count(*) as n_candidates,
            count(*) filter (where decision = 'suppress') as n_suppressed,
            count(*) filter (where decision = 'hold') as n_held,
            count(*) filter (where decision = 'send') as n_decided_to_send
        from {{ ref('fct_contact_decisions') }}
        group by run_date, journey, step, channel
    ),

    attributed as (
        select message_id, count(*) as n_orders, sum(net_amount_minor) as revenue_minor
        from {{ ref('int_experiments__attributed_orders') }}
        group by message_id
    ),

    messages as (
        select
            messages.run_date,
            messages.journey,
            messages.step,
            messages.channel,
            count(*) filter (where messages.sent_at is not null) as n_sent,
            count(messages.delivered_at) as n_delivered,
            count(messages.first_opened_at) as n_opened,
            count(messages.first_clicked_at) as n_clicked,
            count(*) filter (where messages.has_machine_open) as n_machine_opened,
            count(*) filter (where messages.has_machine_click) as n_machine_clicked,
            count(messages.bounced_at) as n_bounced,
            count(messages.complained_at) as n_complained,
            count(messages.unsubscribed_at) as n_unsubscribed,
            coalesce(sum(attributed.n_orders), 0) as n_orders,
            coalesce(sum(attributed.revenue_minor), 0) as revenue_minor
        from {{ ref('fct_messages') }} as messages
        left join attributed on messages.message_id = attributed.message_id
        where not messages.is_external
        group by messages.run_date, messages.journey, messages.step, messages.channel
    ),

    final as (
        select
            run_date,
            journey,
            step,
            channel,
            coalesce(ledger.n_candidates, 0) as n_candidates,
            coalesce(ledger.n_suppressed, 0) as n_suppressed,
            coalesce(ledger.n_held, 0) as n_held,
            coalesce(ledger.n_decided_to_send, 0) as n_decided_to_send,
            {%- for column in [
            'n_sent', 'n_delivered', 'n_opened', 'n_clicked', 'n_machine_opened', 'n_machine_clicked', 'n_bounced',
            'n_complained', 'n_unsubscribed', 'n_orders', 'revenue_minor'
        ] %}
                cast(coalesce(messages.{{ column }}, 0) as bigint) as {{ column }}{{ ',' if not loop.last }}
            {%- endfor %}
        from ledger
        full join messages using (run_date, journey, step, channel)
    )

select *
from final
