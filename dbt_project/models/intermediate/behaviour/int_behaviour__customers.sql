-- What is known of how a person behaves, as facts that a day more does not change: instants instead of
-- ages, weights as they were when the month began. What they mean today is the last step
-- (fct_customer_scores).
{{ config(unique_key='customer_id') }}
{% set orders, carts = ref('fct_orders'), ref('fct_carts') %}
{% set engagement = ref('fct_engagement_events') %}
{% set web_events, product_views = ref('int_behaviour__web_events'), ref('int_behaviour__product_views') %}
{% set customers = ref('int_customers__golden_records') %}
{% set of_customers = ref('int_purchases__by_customer') %}
{% set since = carried_from_same_month([orders, of_customers, carts, engagement, web_events, product_views]) %}
{% set score_days, hour_days = var('score_window_days'), 90 %}
{% set score_starts_at = local_instant(run_date() ~ ' - ' ~ score_days) %}
{% set is_reaction = "event in ('opened', 'clicked') and not is_machine" %}
{%- if since %}
    {% for relation, key in [(orders, 'order_id'), (carts, 'cart_id'), (web_events, 'anonymous_id')] -%}
        {{ customers_of(relation, key) }}
        union all
    {% endfor -%}
    {% for relation, instant in [
        (orders, 'ordered_at'), (carts, 'last_changed_at'), (web_events, 'occurred_at')
    ] -%}
        select customer_id
        from {{ relation }}
        where {{ left_window(instant, score_days, since) }}
        union all
    {% endfor -%}
    -- A letter to everybody changes nothing before it is opened.
    {{ customers_of_answers(engagement, is_reaction, [hour_days, score_days], since) }}
    union all
    -- Whose clock is another today.
    select own.customer_id
    from {{ this }} as own
    left join {{ customers }} as customers using (customer_id)
    where own.timezone is distinct from customers.timezone {{ carried_mark() }}
{%- endif %}
with
    customers as (select customer_id, timezone from {{ customers }}),
    weights as (select * from {{ ref('behaviour_weights') }}),
    carts as (
        select * from {{ carts }} {{ only_affected(since, 'customer_id') }} where customer_id is not null
    ),
    orders as (
        select
            orders.customer_id,
            orders.ordered_at,
            orders.ordered_at > of_customers.first_ordered_at as is_repeat
        from {{ affected_rows(orders, 'customer_id', since) }} as orders
        join {{ of_customers }} as of_customers using (customer_id)
        where orders.is_valid and orders.ordered_at >= {{ score_starts_at }}
    ),
    reactions as (
        select customer_id, event, occurred_at
        from {{ engagement }} {{ only_affected(since, 'customer_id') }}
        where
            {{ is_reaction }}
            and customer_id is not null
            and occurred_at >= {{ local_instant(run_date() ~ ' - ' ~ hour_days) }}
    ),
    web as (
        select * from {{ web_events }} {{ only_affected(since, 'customer_id') }} where customer_id is not null
    ),
    visits as (
        select customer_id, session_id, min(occurred_at) as happened_at, max(occurred_at) as last_at
        from web
        group by customer_id, session_id
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
        select customer_id, 'viewed', last_viewed_at
        from {{ product_views }} {{ only_affected(since, 'customer_id') }}
        where is_long_view and customer_id is not null
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
                'weights.engagement_weight * '
                ~ weight_at_month_start('signals.happened_at', var('engagement_half_life_days'))
            ) }} as engagement,
            weights.points * least(count(*), weights.max_count) as points,
            max(signals.happened_at) as last_at
        from signals
        join weights using (behaviour)
        where signals.happened_at >= {{ score_starts_at }}
        group by signals.customer_id, signals.behaviour, weights.points, weights.max_count
    ),
    behaved as (
        select
            customer_id,
            {{ exact_sum('engagement') }} as engagement_at_month_start,
            sum(points) as behaviour_score,
            {% for behaviour in ['opened', 'clicked', 'visited', 'searched', 'viewed', 'filled_cart'] -%}
                max(last_at) filter (where behaviour = '{{ behaviour }}') as last_{{ behaviour }}_at
                {{- ',' if not loop.last }}
            {% endfor %}
        from weighed
        group by customer_id
    ),
    left_behind as (
        select customer_id, max(last_changed_at) as last_left_cart_at
        from carts
        where bought_at is null
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
    hours as ({{ hours_of_signals('active') | indent(8) }}),
    final as (
        select customer_id, customers.timezone, * exclude (customer_id, timezone)
        from behaved
        full join left_behind using (customer_id)
        full join hours using (customer_id)
        left join customers using (customer_id)
    )
select *
from final
