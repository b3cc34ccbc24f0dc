-- Kinds browse_abandoned (looked at products for a while, put none into a cart) and intent_win_back
-- (looked at several; the audience says that the customer had gone quiet). The clock starts when the
-- visit ended, so that a later visit is one "since". A cart begun after it belongs to the cart's own
-- journey.
with
    journeys as (
        select
            *,
            {{ trigger_param('idle_minutes', 'bigint') }} as idle_minutes,
            {{ trigger_param('min_views', 'bigint') }} as min_views
        from ({{ journeys_of(['browse_abandoned', 'intent_win_back']) }})
    ),

    views as (
        select * from {{ ref('int_behaviour__product_views') }} where is_long_view and customer_id is not null
    ),

    events as (
        select customer_id, session_id, event_name, occurred_at
        from {{ ref('int_behaviour__web_events') }}
        where event_name in ('Product Added', 'Order Completed') and customer_id is not null
    ),

    visits as (
        select
            journeys.*,
            views.customer_id,
            'session:' || views.session_id as anchor,
            views.session_ended_at as anchor_at,
            views.session_id,
            any_value(views.session_started_at) as session_started_at,
            -- What was read longest was meant most.
            first(views.product_id order by views.longest_seconds desc, views.product_id) as product_id,
            count(*) as n_viewed,
            max(views.received_on) as received_on
        from journeys
        inner join views on views.session_ended_at >= journeys.history_from
        where
            views.session_ended_at + to_minutes(journeys.idle_minutes) <= {{ as_of() }}
            and {{ in_trigger_list('views.product_group') }}
        group by all
    ),

    busy_sessions as (select distinct session_id from events),

    anchors as (
        select *
        from visits
        where n_viewed >= min_views and session_id not in (select busy_sessions.session_id from busy_sessions)
    ),

    entered as ({{ entered_anchors('anchors') }}),

    carts_since as (
        select entered.journey, entered.customer_id, entered.anchor, min(events.occurred_at) as cart_at
        from entered
        inner join
            events
            on entered.customer_id = events.customer_id
            and events.occurred_at > entered.anchor_at
            and events.event_name = 'Product Added'
        where entered.trigger_kind = 'browse_abandoned'
        group by entered.journey, entered.customer_id, entered.anchor
    ),

    final as (
        {{ trigger_columns(
            product='entered.product_id',
            evidence={'session': 'entered.session_id', 'product': 'entered.product_id'},
            still_holds='carts_since.cart_at is null',
        ) }}
        left join carts_since using (journey, customer_id, anchor)
    )

select *
from final
