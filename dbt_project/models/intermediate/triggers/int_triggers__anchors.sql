-- The anchors of every kind, with what any journey may ask about any of them: the goals that need nothing
-- but orders, and the first visit since. Journeys whose entry has begun or ended by date take in nobody
-- outside their days; who is inside already goes on.
with
    anchors as (
        {% for kind in trigger_models() -%}
            select *
            from {{ ref('fct_trigger_' ~ kind) }}
            {% if not loop.last -%}
                union all
            {% endif -%}
        {% endfor %}
    ),

    journeys as (select * from {{ ref('int_triggers__journeys') }}),

    entered as (
        select anchors.*, journeys.goal, journeys.asks_for_visits
        from anchors
        inner join journeys on anchors.journey = journeys.journey
        where
            (journeys.enters_from is null or anchors.anchor_at >= journeys.enters_from)
            and (journeys.enters_until is null or anchors.anchor_at < journeys.enters_until)
    ),

    -- What came before the first anchor that asks is nobody's goal: cut before anything is looked up.
    orders as (
        select customer_id, ordered_at
        from {{ ref('fct_orders') }}
        where
            is_valid
            and ordered_at
            > (select min(entered.anchor_at) from entered where entered.goal = 'order_since_anchor')
    ),

    order_lines as (
        select customer_id, product_id, ordered_at
        from {{ ref('fct_order_lines') }}
        where
            is_valid
            and ordered_at
            > (select min(entered.anchor_at) from entered where entered.goal = 'product_bought')
    ),

    visits as (
        select customer_id, session_started_at
        from {{ ref('int_behaviour__web_events') }}
        where
            customer_id is not null
            and session_started_at
            > (select min(entered.anchor_at) from entered where entered.asks_for_visits)
    ),

    ordered as (
        select entered.journey, entered.customer_id, entered.anchor, min(orders.ordered_at) as reached_at
        from entered
        inner join
            orders on entered.customer_id = orders.customer_id and orders.ordered_at > entered.anchor_at
        where entered.goal = 'order_since_anchor'
        group by entered.journey, entered.customer_id, entered.anchor
    ),

    bought as (
        select entered.journey, entered.customer_id, entered.anchor, min(order_lines.ordered_at) as reached_at
        from entered
        inner join
            order_lines
            on entered.customer_id = order_lines.customer_id
            and entered.reference_product_id = order_lines.product_id
            and order_lines.ordered_at > entered.anchor_at
        where entered.goal = 'product_bought'
        group by entered.journey, entered.customer_id, entered.anchor
    ),

    visited as (
        select
            entered.journey, entered.customer_id, entered.anchor, min(visits.session_started_at) as visited_at
        from entered
        inner join
            visits
            on entered.customer_id = visits.customer_id
            and visits.session_started_at > entered.anchor_at
        where entered.asks_for_visits
        group by entered.journey, entered.customer_id, entered.anchor
    ),

    final as (
        select
            entered.customer_id,
            entered.journey,
            entered.anchor,
            entered.anchor_at,
            entered.branch,
            case
                entered.goal
                when 'order_since_anchor'
                then ordered.reached_at
                when 'product_bought'
                then bought.reached_at
                else entered.goal_reached_at
            end as goal_reached_at,
            entered.reference_order_id,
            entered.reference_product_id,
            entered.reference_cart_id,
            entered.evidence,
            entered.received_on,
            entered.still_holds,
            visited.visited_at
        from entered
        left join ordered using (journey, customer_id, anchor)
        left join bought using (journey, customer_id, anchor)
        left join visited using (journey, customer_id, anchor)
    )

select *
from final
