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

    -- No row without a journey: then nothing is read at all.
    reach as (select min(history_from) as starts_at from journeys having count(*) > 0),

    views as (
        select product_views.*
        from {{ ref('int_behaviour__product_views') }} as product_views
        inner join reach on product_views.session_ended_at >= reach.starts_at
        where product_views.is_long_view and product_views.customer_id is not null
    ),

    visits as (
        select
            journeys.journey,
            views.customer_id,
            views.session_id,
            views.session_ended_at as anchor_at,
            min(views.session_started_at) as session_started_at,
            -- What was read longest was meant most.
            first(views.product_id order by views.longest_seconds desc, views.product_id) as product_id,
            count(*) as n_viewed,
            max(views.received_on) as received_on
        from journeys
        inner join views on views.session_ended_at >= journeys.history_from
        where
            views.session_ended_at + to_minutes(journeys.idle_minutes) <= {{ as_of() }}
            and {{ in_trigger_list('views.product_group') }}
        group by journeys.journey, views.customer_id, views.session_id, views.session_ended_at
    ),

    -- What was done since the first of these visits began: in them, and after them.
    since as (select min(session_started_at) as starts_at from visits having count(*) > 0),

    events as (
        select web_events.customer_id, web_events.session_id, web_events.event_name, web_events.occurred_at
        from {{ ref('int_behaviour__web_events') }} as web_events
        inner join since on web_events.occurred_at >= since.starts_at
        where
            web_events.event_name in ('Product Added', 'Order Completed')
            and web_events.customer_id is not null
    ),

    busy_sessions as (select distinct session_id from events),

    anchors as (
        select journeys.*, visits.* exclude (journey), 'session:' || visits.session_id as anchor
        from visits
        inner join journeys on visits.journey = journeys.journey
        anti join busy_sessions on visits.session_id = busy_sessions.session_id
        where visits.n_viewed >= journeys.min_views
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
