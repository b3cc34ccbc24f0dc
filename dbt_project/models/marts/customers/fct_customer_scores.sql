-- Every score that says how a person behaves, in one pass over the last weeks and one over the orders.
-- Decisions read it, so nothing in it comes from the day's own hand-off.
{% set window_starts_at = local_instant(run_date() ~ ' - ' ~ var('score_window_days')) %}
{% set hours_start_at = local_instant(run_date() ~ ' - 90') %}
with
    customers as (select * from {{ ref('int_customers__golden_records') }}),
    weights as (select * from {{ ref('behaviour_weights') }}),
    rfm as (select * from {{ ref('fct_customer_rfm') }} where snapshot_on = {{ run_date() }}),
    carts as (select * from {{ ref('fct_carts') }} where customer_id is not null),
    groups_bought as (
        select customer_id, max(n_values) as n_product_groups
        from {{ ref('fct_customer_affinities') }}
        where kind = 'product_group'
        group by customer_id
    ),
    orders as (
        select
            customer_id,
            ordered_at,
            ordered_on,
            sales_channel,
            net_amount_minor,
            gross_amount_minor,
            ordered_at > min(ordered_at) over (partition by customer_id) as is_repeat
        from {{ ref('fct_orders') }}
        where is_valid and customer_id is not null
    ),
    ordered as (
        select
            customer_id,
            count(*) as n_orders,
            count(distinct sales_channel) filter (where ordered_on >= {{ run_date() }} - 365) as n_channels,
            count(*) filter (where ordered_on >= {{ run_date() }} - 365) as orders_per_year,
            min(ordered_on) as first_ordered_on,
            max(ordered_on) as last_ordered_on,
            max(ordered_at) as last_ordered_at,
            1 - {{ ratio('sum(net_amount_minor)', 'sum(gross_amount_minor)') }} as returned_share
        from orders
        group by customer_id
    ),
    reactions as (
        select customer_id, event, occurred_at
        from {{ ref('fct_engagement_events') }}
        where
            customer_id is not null
            and occurred_at >= {{ hours_start_at }}
            and event in ('opened', 'clicked')
            and not is_machine
    ),
    contacted as (
        select
            customer_id,
            count(distinct message_id) filter (where event = 'delivered') as n_delivered_90d,
            count(distinct message_id) filter (
                where event in ('opened', 'clicked') and not is_machine
            ) as n_reacted_90d
        from {{ ref('fct_engagement_events') }}
        where customer_id is not null and occurred_at >= {{ hours_start_at }}
        group by customer_id
    ),
    web as (select * from {{ ref('int_behaviour__web_events') }} where customer_id is not null),
    visits as (
        select customer_id, session_id, min(occurred_at) as happened_at, max(occurred_at) as last_at
        from web
        group by customer_id, session_id
    ),
    views as (
        select customer_id, last_viewed_at as happened_at
        from {{ ref('int_behaviour__product_views') }}
        where is_long_view and customer_id is not null
    ),
    signals as (
        select customer_id, event as behaviour, occurred_at as happened_at
        from reactions
        union all
        select customer_id, 'visited', last_at
        from visits
        union all
        select customer_id, 'searched', occurred_at
        from web
        where event_name = 'Products Searched'
        union all
        select customer_id, 'viewed', happened_at
        from views
        union all
        select customer_id, 'filled_cart', last_changed_at
        from carts
        union all
        select customer_id, case when is_repeat then 'ordered_again' else 'ordered' end, ordered_at
        from orders
    ),
    weighed as (
        select
            signals.customer_id,
            signals.behaviour,
            {{ exact_sum(
                "weights.engagement_weight * pow(0.5, "
                ~ age_days('signals.happened_at') ~ " / " ~ var('engagement_half_life_days') ~ ".0)"
            ) }} as engagement_score,
            weights.points * least(count(*), weights.max_count) as points,
            max(signals.happened_at) as last_at
        from signals
        join weights using (behaviour)
        where signals.happened_at >= {{ window_starts_at }}
        group by signals.customer_id, signals.behaviour, weights.points, weights.max_count
    ),
    behaved as (
        select
            customer_id,
            cast({{ exact_sum('engagement_score') }} as double) as engagement_score,
            sum(points) as behaviour_score,
            {% for behaviour in ['opened', 'clicked', 'visited', 'searched', 'viewed', 'filled_cart'] -%}
                max(last_at) filter (where behaviour = '{{ behaviour }}') as last_{{ behaviour }}_at
                {{- ',' if not loop.last }}
            {% endfor %}
        from weighed
        group by customer_id
    ),
    active as (
        select reactions.customer_id, reactions.occurred_at as happened_at, customers.timezone
        from reactions
        join customers using (customer_id)
        union all
        select visits.customer_id, visits.happened_at, customers.timezone
        from visits
        join customers using (customer_id)
    ),
    best_hours as ({{ best_hours('active') }}),
    open_carts as (
        select distinct customer_id
        from carts
        where
            bought_at is null
            and last_changed_at >= {{ local_instant(run_date() ~ ' - ' ~ var('fresh_intent_days')) }}
    ),
    cases as (select distinct customer_id from {{ ref('int_service__open_cases') }}),
    joined as (
        select
            customers.customer_id,
            rfm.persona,
            rfm.stage,
            rfm.absolute_stage,
            ordered.* exclude (customer_id),
            behaved.* exclude (customer_id),
            contacted.n_delivered_90d,
            contacted.n_reacted_90d,
            best_hours.best_hour_local,
            best_hours.n_hour_signals,
            coalesce(groups_bought.n_product_groups, 0) as n_product_groups,
            open_carts.customer_id is not null as has_open_cart,
            cases.customer_id is not null as has_open_case,
            coalesce(
                greatest(behaved.last_viewed_at, behaved.last_filled_cart_at)
                >= {{ local_instant(run_date() ~ ' - ' ~ var('fresh_intent_days')) }}
                and greatest(behaved.last_viewed_at, behaved.last_filled_cart_at)
                > coalesce(ordered.last_ordered_at, timestamptz '1900-01-01 00:00:00+00'),
                false
            ) as has_fresh_intent
        from customers
        left join rfm using (customer_id)
        left join ordered using (customer_id)
        left join behaved using (customer_id)
        left join contacted using (customer_id)
        left join best_hours using (customer_id)
        left join groups_bought using (customer_id)
        left join open_carts using (customer_id)
        left join cases using (customer_id)
    ),
    final as (
        select
            customer_id,
            {{ run_date() }} as as_of_on,
            coalesce(engagement_score, 0.0) as engagement_score,
            case
                when last_filled_cart_at is not null
                then 'purchase'
                when coalesce(last_clicked_at, last_viewed_at, last_searched_at) is not null
                then 'research'
                when coalesce(last_opened_at, last_visited_at) is not null
                then 'discovery'
                else 'none'
            end as engagement_stage,
            has_fresh_intent,
            has_fresh_intent and coalesce(stage = 'inactive', false) as is_inactive_with_intent,
            last_visited_at as last_visit_at,
            last_viewed_at as last_long_view_at,
            last_opened_at,
            last_clicked_at,
            case
                when has_open_cart
                then 'buy'
                when n_orders >= {{ var('loyalty_min_orders') }} and absolute_stage = 'active'
                then 'loyalty'
                when last_ordered_on >= {{ run_date() }} - {{ var('use_stage_days') }}
                then 'use'
                when coalesce(last_clicked_at, last_viewed_at, last_searched_at) is not null
                then 'research'
                when coalesce(last_opened_at, last_visited_at) is not null
                then 'interest'
            end as journey_stage,
            cast(best_hour_local as integer) as best_hour_local,
            cast(coalesce(n_hour_signals, 0) as integer) as n_hour_signals,
            cast(coalesce(n_channels, 0) as integer) as n_channels,
            cast(n_product_groups as integer) as n_product_groups,
            n_product_groups >= {{ var('multi_category_min') }} as is_multi_category,
            coalesce(
                persona = 'Champions'
                and coalesce(last_clicked_at, last_visited_at) is not null
                and not has_open_case
                and coalesce(returned_share, 0) < {{ var('ambassador_max_returned_share') }},
                false
            ) as is_ambassador,
            coalesce(behaviour_score, 0.0) as behaviour_score,
            cast(coalesce(orders_per_year, 0) as integer) as n_orders_365d,
            {{ ratio('last_ordered_on - first_ordered_on', 'n_orders - 1') }} as average_delay_days,
            cast(coalesce(n_delivered_90d, 0) as integer) as n_delivered_90d,
            {{ ratio('n_reacted_90d', 'n_delivered_90d') }} as interaction_rate
        from joined
    )
select *
from final
