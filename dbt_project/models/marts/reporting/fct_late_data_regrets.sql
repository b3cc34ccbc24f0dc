-- What would have stopped a message, had it been delivered in time: facts that had happened when the day
-- was decided (a withdrawal: when the message left), and came with a later delivery. Made on demand:
-- nothing reads it every day.
{{ config(tags=['on_demand']) }}
with
    messages as (
        select
            messages.message_id,
            messages.run_date,
            messages.customer_id,
            messages.journey,
            messages.step,
            messages.channel,
            messages.class,
            messages.anchor,
            messages.sent_at,
            {{ local_instant('messages.run_date') }} as decided_as_of,
            decisions.due_at - to_seconds(steps.delay_seconds) as anchor_at,
            coalesce(list_contains(steps.conditions, 'no_order_since_anchor'), false)
            or coalesce(journeys.goal = 'order_since_anchor', false) as ends_with_an_order,
            coalesce(list_contains(steps.conditions, 'cart_not_bought'), false)
            or coalesce(journeys.goal = 'cart_bought', false) as ends_with_its_cart
        from {{ ref('fct_messages') }} as messages
        inner join
            {{ ref('fct_contact_decisions') }} as decisions
            on messages.message_id = decisions.message_id
            and messages.run_date = decisions.run_date
        left join
            {{ ref('stg_templates__journey_steps') }} as steps
            on messages.journey = steps.journey
            and messages.step = steps.step
        left join {{ ref('stg_templates__journeys') }} as journeys on messages.journey = journeys.journey
        where messages.sent_at is not null and not messages.is_external
    ),

    orders as (select * from {{ ref('fct_orders') }} where is_valid and customer_id is not null),

    bought as (
        select
            messages.message_id,
            'bought' as cause,
            orders.order_id as fact_id,
            orders.ordered_at as happened_at,
            orders.received_on
        from messages
        inner join
            orders
            on messages.customer_id = orders.customer_id
            and orders.ordered_at > messages.anchor_at
            and orders.ordered_at < messages.decided_as_of
            and orders.received_on > messages.run_date
        where
            messages.ends_with_an_order
            and orders.order_id is distinct from {{ order_of_anchor('messages.anchor') }}
    ),

    cart_bought as (
        select messages.message_id, 'bought' as cause, orders.order_id, carts.bought_at, orders.received_on
        from messages
        inner join
            {{ ref('fct_carts') }} as carts
            on messages.anchor = 'cart:' || carts.cart_id
            and carts.bought_at < messages.decided_as_of
        inner join
            orders on carts.bought_order_id = orders.order_id and orders.received_on > messages.run_date
        where messages.ends_with_its_cart
    ),

    cancelled as (
        select
            messages.message_id,
            'order_cancelled' as cause,
            orders.order_id,
            orders.cancelled_at,
            orders.cancelled_received_on
        from messages
        inner join
            {{ ref('int_purchases__orders') }} as orders
            on {{ order_of_anchor('messages.anchor') }} = orders.order_id
            and orders.cancelled_at < messages.decided_as_of
            and orders.cancelled_received_on > messages.run_date
    ),

    consents as (
        -- What held at the sending, with all that is known today: the last event before it.
        select
            messages.message_id,
            messages.run_date,
            arg_max(
                events,
                {'at':events.occurred_at, 'withdrawn':events.action = 'withdrawn', 'id':events.event_id}
            ) as newest
        from messages
        inner join
            {{ ref('int_customers__contact_points') }} as contact_points
            on messages.customer_id = contact_points.customer_id
            and messages.channel = contact_points.channel
        inner join
            {{ ref('fct_consent_events') }} as events
            on contact_points.address = events.address
            and contact_points.channel = events.channel
            and events.purpose = 'marketing'
            and events.occurred_at < messages.sent_at
        where messages.class <> 'service'
        group by messages.message_id, messages.run_date
    ),

    withdrawn as (
        select message_id, 'withdrawn' as cause, newest.event_id, newest.occurred_at, newest.received_on
        from consents
        where newest.action = 'withdrawn' and newest.received_on > run_date
    ),

    complained as (
        select
            messages.message_id,
            'service_case' as cause,
            open_cases.case_id,
            open_cases.opened_at,
            cases.first_received_on
        from messages
        inner join
            {{ ref('int_service__open_cases') }} as open_cases
            on messages.customer_id = open_cases.customer_id
            and open_cases.opened_at < messages.decided_as_of
        inner join
            {{ ref('stg_service__cases') }} as cases
            on open_cases.case_id = cases.case_id
            and cases.first_received_on > messages.run_date
        where messages.class <> 'service'
    ),

    facts as (
        select *
        from bought
        union all
        select *
        from cart_bought
        union all
        select *
        from cancelled
        union all
        select *
        from withdrawn
        union all
        select *
        from complained
    ),

    first_facts as (
        select *
        from facts
        qualify row_number() over (partition by message_id, cause order by happened_at, fact_id) = 1
    ),

    final as (
        select
            messages.message_id,
            first_facts.cause,
            messages.run_date,
            messages.customer_id,
            messages.journey,
            messages.step,
            messages.channel,
            messages.sent_at,
            first_facts.fact_id,
            first_facts.happened_at,
            first_facts.received_on,
            first_facts.received_on - messages.run_date as days_late
        from first_facts
        inner join messages on first_facts.message_id = messages.message_id
    )

select *
from final
