-- Flow mails against newsletters on the five measures. Every ratio is pooled (sum over sum), not a mean of
-- ratios.
{{ config(tags=['measure']) }}

with
    messages as (
        select *, case when class = 'newsletter' then 'newsletter' else 'flow' end as message_kind
        from {{ ref('fct_messages') }}
        where
            channel = 'email'
            and class <> 'service'
            and (delivered_at is not null or first_opened_at is not null)
    ),

    attributed as (
        select message_id, count(*) as n_orders, sum(net_amount_minor) as revenue_minor
        from {{ ref('int_experiments__attributed_orders') }}
        group by message_id
    ),

    counted as (
        select
            messages.message_kind,
            count(*) as n_delivered,
            count(messages.first_opened_at) as n_opened,
            count(messages.first_clicked_at) as n_clicked,
            cast(coalesce(sum(attributed.n_orders), 0) as bigint) as n_orders,
            cast(coalesce(sum(attributed.revenue_minor), 0) as bigint) as revenue_minor
        from messages
        left join attributed on messages.message_id = attributed.message_id
        group by messages.message_kind
    ),

    final as (
        select
            message_kind,
            n_delivered,
            n_opened,
            n_clicked,
            n_orders,
            revenue_minor,
            n_opened / nullif(n_delivered, 0) as open_rate,
            n_clicked / nullif(n_delivered, 0) as click_rate,
            n_clicked / nullif(n_opened, 0) as click_to_open_rate,
            revenue_minor / nullif(n_delivered, 0) as revenue_per_recipient_minor,
            revenue_minor / nullif(n_orders, 0) as average_receipt_minor
        from counted
    )

select *
from final
