-- Every score that says how a person behaves, from facts that are kept per person. Decisions read it, so
-- nothing in it comes from the day's own hand-off.
{% set fresh_from = local_instant(run_date() ~ ' - ' ~ var('fresh_intent_days')) %}
with
    customers as (select * from {{ ref('int_customers__golden_records') }}),
    behaved as (select * from {{ ref('int_behaviour__customers') }}),
    ordered as (select * from {{ ref('int_purchases__by_customer') }}),
    rfm as (select * from {{ ref('fct_customer_rfm') }} where snapshot_on = {{ run_date() }}),
    groups_bought as (
        select customer_id, max(n_values) as n_product_groups
        from {{ ref('int_behaviour__affinity_weights') }}
        where kind = 'product_group'
        group by customer_id
    ),
    contacted as (select * from {{ ref('int_behaviour__messages') }}),
    best_hours as ({{ best_hours(ref('int_behaviour__customers')) | indent(8) }}),
    cases as (select distinct customer_id from {{ ref('int_service__open_cases') }}),
    joined as (
        select
            customers.customer_id,
            rfm.persona,
            rfm.stage,
            rfm.absolute_stage,
            ordered.* exclude (customer_id),
            behaved.* exclude (customer_id, timezone, hours),
            contacted.n_delivered_90d,
            contacted.n_reacted_90d,
            best_hours.best_hour_local,
            best_hours.n_hour_signals,
            coalesce(groups_bought.n_product_groups, 0) as n_product_groups,
            coalesce(behaved.last_left_cart_at >= {{ fresh_from }}, false) as has_open_cart,
            cases.customer_id is not null as has_open_case,
            coalesce(
                greatest(behaved.last_viewed_at, behaved.last_filled_cart_at) >= {{ fresh_from }}
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
        left join cases using (customer_id)
    ),
    final as (
        select
            customer_id,
            {{ run_date() }} as as_of_on,
            coalesce(
                cast(engagement_at_month_start as double)
                * {{ faded_since_month_start(var('engagement_half_life_days')) }},
                0.0
            ) as engagement_score,
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
            cast(coalesce(n_channels_365d, 0) as integer) as n_channels,
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
            cast(coalesce(n_orders_365d, 0) as integer) as n_orders_365d,
            {{ ratio('last_ordered_on - first_ordered_on', 'n_orders - 1') }} as average_delay_days,
            cast(coalesce(n_delivered_90d, 0) as integer) as n_delivered_90d,
            {{ ratio('n_reacted_90d', 'n_delivered_90d') }} as interaction_rate
        from joined
    )
select *
from final
