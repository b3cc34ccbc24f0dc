-- What each assigned customer did after the assignment, whether or not a message followed (intention to
-- treat), and what they had bought before it. A window counts once it is over: the same days for
-- everybody in an arm.
{% set purchase_days = var('purchase_window_days') %}
{% set engagement_days = var('engagement_window_days') %}
{% set covariate_days = var('covariate_window_days', 90) %}
{{ config(tags=['measure']) }}

with
    assignments as (select * from {{ ref('fct_experiment_assignments') }}),

    orders as (select * from {{ ref('fct_orders') }} where is_valid),

    messages as (
        select message_id, customer_id, journey from {{ ref('fct_messages') }} where not is_external
    ),

    events as (
        select
            events.event,
            events.occurred_at,
            {{ local_day('events.occurred_at') }} as occurred_on,
            messages.customer_id,
            messages.journey
        from {{ ref('fct_engagement_events') }} as events
        inner join messages on events.message_id = messages.message_id
        where events.event in ('opened', 'clicked', 'unsubscribed', 'complained') and not events.is_machine
    ),

    purchases as (
        select
            assignments.experiment,
            assignments.customer_id,
            sum(orders.net_amount_minor) filter (
                where orders.ordered_on >= assignments.assigned_on
            ) as revenue_minor,
            count(*) filter (where orders.ordered_on >= assignments.assigned_on) as n_orders,
            sum(orders.net_amount_minor) filter (
                where orders.ordered_on < assignments.assigned_on
            ) as prior_revenue_minor
        from assignments
        inner join orders on assignments.customer_id = orders.customer_id
        where
            orders.ordered_on >= assignments.assigned_on - {{ covariate_days }}
            and orders.ordered_on < assignments.assigned_on + {{ purchase_days }}
        group by assignments.experiment, assignments.customer_id
    ),

    engagement as (
        select
            assignments.experiment,
            assignments.customer_id,
            bool_or(events.event in ('opened', 'clicked')) as has_opened,
            bool_or(events.event = 'clicked') as has_clicked,
            bool_or(events.event in ('unsubscribed', 'complained')) as has_unsubscribed
        from assignments
        inner join
            events on assignments.customer_id = events.customer_id and assignments.journey = events.journey
        where
            events.occurred_on >= assignments.assigned_on
            and events.occurred_on < assignments.assigned_on + {{ engagement_days }}
        group by assignments.experiment, assignments.customer_id
    ),

    final as (
        select
            assignments.experiment,
            assignments.customer_id,
            assignments.journey,
            assignments.arm,
            assignments.assigned_on,
            assignments.branch,
            assignments.assigned_on + {{ purchase_days }} <= {{ run_date() }} as is_purchase_window_over,
            assignments.assigned_on + {{ engagement_days }} <= {{ run_date() }} as is_engagement_window_over,
            cast(coalesce(purchases.revenue_minor, 0) as bigint) as revenue_minor,
            coalesce(purchases.n_orders, 0) > 0 as has_bought,
            cast(coalesce(purchases.prior_revenue_minor, 0) as bigint) as prior_revenue_minor,
            coalesce(engagement.has_opened, false) as has_opened,
            coalesce(engagement.has_clicked, false) as has_clicked,
            coalesce(engagement.has_unsubscribed, false) as has_unsubscribed
        from assignments
        left join
            purchases
            on assignments.experiment = purchases.experiment
            and assignments.customer_id = purchases.customer_id
        left join
            engagement
            on assignments.experiment = engagement.experiment
            and assignments.customer_id = engagement.customer_id
    )

select *
from final
