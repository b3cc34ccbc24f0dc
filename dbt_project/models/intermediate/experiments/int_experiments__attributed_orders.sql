-- Which message a purchase is credited to: the last one that a person clicked in the days before. For
-- reports only; what messages earn is told by control groups.
{{ config(tags=['measure']) }}

with
    clicks as (
        select messages.message_id, messages.customer_id, events.occurred_at as clicked_at
        from {{ ref('fct_engagement_events') }} as events
        inner join {{ ref('fct_messages') }} as messages on events.message_id = messages.message_id
        where events.event = 'clicked' and not events.is_machine
    ),

    orders as (select * from {{ ref('fct_orders') }} where is_valid),

    final as (
        select
            orders.order_id,
            orders.customer_id,
            orders.ordered_at,
            orders.net_amount_minor,
            clicks.message_id,
            clicks.clicked_at
        from orders
        inner join clicks on orders.customer_id = clicks.customer_id
        where
            clicks.clicked_at <= orders.ordered_at
            and clicks.clicked_at
            > orders.ordered_at - interval '{{ var("attribution_window_days", 5) }} days'
        qualify
            row_number() over (
                partition by orders.order_id order by clicks.clicked_at desc, clicks.message_id
            )
            = 1
    )

select *
from final
