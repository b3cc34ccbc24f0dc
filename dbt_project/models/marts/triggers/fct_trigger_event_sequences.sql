-- Kind event_then_event: did one thing in a period, then another within some days of it. The second deed
-- is the anchor; purchases are known for ever, views and carts for as long as web events are kept.
with
    journeys as (
        select
            *,
            {{ trigger_param('first.did') }} as first_did,
            {{ trigger_param('first.since', 'date') }} as first_since,
            {{ trigger_param('first.until', 'date') }} as first_until,
            {{ trigger_param('then.did') }} as then_did,
            {{ trigger_param('then.within_days', 'integer') }} as within_days
        from ({{ journeys_of(['event_then_event']) }})
    ),

    -- How far back each deed is asked for; the first one lies at most so many days before the second. What no
    -- journey asks about has no row here, and is not read.
    reach as (
        select did, min(starts_at) as starts_at
        from
            (
                select first_did as did, history_from - to_days(within_days) as starts_at
                from journeys
                union all
                select then_did, history_from
                from journeys
            ) as asked
        group by did
    ),

    views as (
        select product_views.*
        from {{ ref('int_behaviour__product_views') }} as product_views
        inner join reach on reach.did = 'view' and product_views.last_viewed_at >= reach.starts_at
        where product_views.is_long_view and product_views.customer_id is not null
    ),

    events as (
        select web_events.*
        from {{ ref('int_behaviour__web_events') }} as web_events
        inner join reach on reach.did = 'cart' and web_events.occurred_at >= reach.starts_at
        where
            web_events.event_name = 'Product Added'
            and web_events.customer_id is not null
            and web_events.cart_id is not null
    ),

    order_lines as (
        select order_lines.*
        from {{ ref('fct_order_lines') }} as order_lines
        inner join reach on reach.did = 'purchase' and order_lines.ordered_at >= reach.starts_at
        where order_lines.is_valid and order_lines.customer_id is not null
    ),

    products as (select product_id, product_group from {{ ref('dim_products') }}),

    deeds as (
        select
            'purchase' as did,
            customer_id,
            'order:' || order_id as thing,
            ordered_at as done_at,
            product_id,
            product_group,
            received_on
        from order_lines
        union all
        select
            'view',
            customer_id,
            'session:' || session_id,
            last_viewed_at,
            product_id,
            product_group,
            received_on
        from views
        union all
        select
            'cart',
            events.customer_id,
            'cart:' || events.cart_id,
            events.occurred_at,
            events.product_id,
            products.product_group,
            events.received_on
        from events
        left join products on events.product_id = products.product_id
    ),

    first_deeds as (
        select journeys.journey, journeys.within_days, deeds.customer_id, deeds.thing, deeds.done_at
        from journeys
        inner join deeds on journeys.first_did = deeds.did
        where
            {{ in_trigger_list('deeds.product_group', 'first.groups') }}
            and coalesce({{ local_day('deeds.done_at') }} >= journeys.first_since, true)
            and coalesce({{ local_day('deeds.done_at') }} <= journeys.first_until, true)
    ),

    second_deeds as (
        select
            journeys.*,
            deeds.customer_id,
            deeds.thing as anchor,
            min(deeds.done_at) as anchor_at,
            first(deeds.product_id order by deeds.done_at, deeds.product_id) as product_id,
            max(deeds.received_on) as received_on
        from journeys
        inner join deeds on journeys.then_did = deeds.did and deeds.done_at >= journeys.history_from
        where deeds.done_at < {{ as_of() }} and {{ in_trigger_list('deeds.product_group', 'then.groups') }}
        group by all
    ),

    anchors as (
        select second_deeds.*, arg_max(first_deeds.thing, first_deeds.done_at) as first_thing
        from second_deeds
        inner join
            first_deeds
            on second_deeds.journey = first_deeds.journey
            and second_deeds.customer_id = first_deeds.customer_id
            and second_deeds.anchor <> first_deeds.thing
            and first_deeds.done_at < second_deeds.anchor_at
            and first_deeds.done_at >= second_deeds.anchor_at - to_days(second_deeds.within_days)
        group by all
    ),

    entered as ({{ entered_anchors('anchors') }}),

    final as (
        {{ trigger_columns(
            product='entered.product_id',
            evidence={'first': 'entered.first_thing', 'then': 'entered.anchor', 'product': 'entered.product_id'},
        ) }}
    )

select *
from final
