-- The gates about the message itself: time, goal, conditions, service cases, offers and content (7-12).
with
    candidates as (select * from {{ ref('int_decisions__candidates') }}),

    -- Materialised, its rows lie close together again, which is worth more than the copy costs.
    contactability as materialized(select * from {{ ref('int_decisions__contactability') }}),

    steps as (select * from {{ ref('stg_templates__journey_steps') }}),

    customers as (select * from {{ ref('dim_customers') }}),

    -- Read in two ways: materialised once, all orders of all customers would be copied.
    orders as not materialized(select * from {{ ref('fct_orders') }} where is_valid),

    carts as (select * from {{ ref('fct_carts') }}),

    products as (select * from {{ ref('dim_products') }}),

    service_cases as (select * from {{ ref('int_service__open_cases') }}),

    recommendations as (select * from {{ ref('int_recommendations__for_candidates') }}),

    order_minded as (
        -- Customers of whom some step asks whether they have bought: all orders of all others stay unread.
        select distinct candidates.customer_id
        from candidates
        inner join steps on candidates.journey = steps.journey and candidates.step = steps.step
        where
            list_contains(steps.conditions, 'no_order_since_anchor')
            or list_contains(steps.conditions, 'order_since_anchor')
            or steps.offer_kind = 'first_purchase'
    ),

    last_orders as (
        select
            customer_id,
            max(ordered_at) as last_order_at,
            arg_max(order_id, {'at':ordered_at, 'id':order_id}) as last_order_id
        from orders
        where
            ordered_at < {{ as_of() }} and customer_id in (select order_minded.customer_id from order_minded)
        group by customer_id
    ),

    open_cases as (select customer_id, min(case_id) as case_id from service_cases group by customer_id),

    recommended as (
        -- Wanted slots only: what another step of the same anchor shows does not fill this one.
        select
            candidates.customer_id,
            candidates.journey,
            candidates.step,
            candidates.anchor,
            count(distinct recommendations.product_id) as n_recommendations
        from candidates
        inner join steps on candidates.journey = steps.journey and candidates.step = steps.step
        inner join
            recommendations
            on candidates.customer_id = recommendations.customer_id
            and candidates.journey = recommendations.journey
            and candidates.anchor = recommendations.anchor
            and list_contains(steps.recommendation_slots, recommendations.slot)
        where steps.min_recommendations > 0
        group by all
    ),

    floors as (
        select journey, min_expected_value_minor
        from {{ ref('stg_templates__journeys') }}
        where min_expected_value_minor is not null
    ),

    past_messages as (
        -- Literal bounds, so that only these days of the log are read; their purchase window is over.
        select
            messages.message_id,
            messages.journey,
            coalesce(aliases.customer_id, messages.customer_id) as customer_id,
            messages.sent_at
        from {{ ref('stg_outbox__contact_log') }} as messages
        left join ({{ past_ids() }}) as aliases on messages.customer_id = aliases.past_customer_id
        where
            messages.sent_at < {{ as_of() }} - interval '{{ var("purchase_window_days") }} days'
            and messages.sent_at
            >= {{ as_of() }} - interval '{{ var("purchase_window_days") + var("expected_value_days") }} days'
            and {{ counts_as_sent('messages.state') }}
            and messages.journey in (select floors.journey from floors)
    ),

    earned as (
        select
            past_messages.journey,
            count(distinct past_messages.message_id) as n_messages,
            coalesce(sum(orders.net_amount_minor), 0) as revenue_minor
        from past_messages
        left join
            orders
            on past_messages.customer_id = orders.customer_id
            and orders.ordered_at > past_messages.sent_at
            and orders.ordered_at <= past_messages.sent_at + interval '{{ var("purchase_window_days") }} days'
        group by past_messages.journey
    ),

    worthless as (
        -- Journeys whose messages were followed by less than their floor; with too few messages nobody knows.
        select floors.journey
        from floors
        inner join earned on floors.journey = earned.journey
        where
            earned.n_messages >= {{ var("expected_value_min_messages") }}
            and earned.revenue_minor < floors.min_expected_value_minor * earned.n_messages
    ),

    joined as (
        select
            contactability.*,
            worthless.journey is not null as is_worthless,
            steps.yields,
            steps.send_after_local,
            last_orders.last_order_id,
            open_cases.case_id as service_case_id,
            steps.offer_kind,
            coalesce(recommended.n_recommendations, 0) as n_recommendations,
            steps.min_recommendations > 0
            and coalesce(
                steps.min_recommendations_branch = contactability.branch, true
            ) as needs_recommendations,
            steps.min_recommendations,
            list_filter(
                [
                    {{ failed_condition('no_order_since_anchor', 'coalesce(last_orders.last_order_at > contactability.anchor_at, false)') }},
                    {{ failed_condition('order_since_anchor', 'not coalesce(last_orders.last_order_at > contactability.anchor_at, false)') }},
                    {{ failed_condition('cart_not_bought', 'carts.bought_order_id is not null') }},
                    {{ failed_condition('reference_product_in_stock', 'not coalesce(products.is_in_stock, false)') }},
                    {{ failed_condition('is_member', 'not coalesce(customers.is_member, false)') }},
                    {{ failed_condition('visit_since_anchor', 'contactability.visited_at is null') }},
                    {{ failed_condition('no_visit_since_anchor', 'contactability.visited_at is not null') }},
                    -- Asked of every anchor: nobody hears of a price that has gone up again.
                    case when not contactability.still_holds then 'anchor_holds' end
                ],
                lambda condition:condition is not null
            ) as failed_conditions
        from contactability
        inner join steps on contactability.journey = steps.journey and contactability.step = steps.step
        left join worthless on contactability.journey = worthless.journey
        left join customers on contactability.customer_id = customers.customer_id
        left join last_orders on contactability.customer_id = last_orders.customer_id
        left join carts on contactability.reference_cart_id = carts.cart_id
        left join products on contactability.reference_product_id = products.product_id
        left join open_cases on contactability.customer_id = open_cases.customer_id
        left join
            recommended
            on contactability.customer_id = recommended.customer_id
            and contactability.journey = recommended.journey
            and contactability.step = recommended.step
            and contactability.anchor = recommended.anchor
    ),

    final as (
        select
            * exclude (
                anchor_at,
                goal_reached_at,
                reference_order_id,
                reference_product_id,
                reference_cart_id,
                still_holds,
                visited_at,
                is_worthless,
                offer_kind,
                n_recommendations,
                needs_recommendations,
                min_recommendations
            ),
            expires_at <= {{ as_of() }} as fails_expired,
            coalesce(goal_reached_at < {{ as_of() }}, false) as fails_goal_reached,
            len(failed_conditions) > 0 as fails_condition_failed,
            class <> 'service' and service_case_id is not null as fails_open_service_case,
            coalesce(offer_kind = 'first_purchase', false) and last_order_id is not null as fails_offer_guard,
            class <> 'service'
            and (
                is_worthless or (needs_recommendations and n_recommendations < min_recommendations)
            ) as fails_nothing_to_say
        from joined
    )

select *
from final
