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

    -- The first deed lies at most so many days before the second.
    reach as (select min(history_from - to_days(within_days)) as starts_at from journeys),

    -- What no journey asks about is not read.
    asked as (
        select first_did as did
        from journeys
        union
        select then_did
        from journeys
    ),

    views as (
        select *
        from {{ ref('int_behaviour__product_views') }}
        where
            is_long_view
            and customer_id is not null
            and last_viewed_at >= (select starts_at from reach)
            and 'view' in (select asked.did from asked)
    ),

    events as (
        select customer_id, cart_id, occurred_at, product_id, received_on
        from {{ ref('int_behaviour__web_events') }}
        where
            event_name = 'Product Added'
            and customer_id is not null
            and cart_id is not null
            and occurred_at >= (select starts_at from reach)
            and 'cart' in (select asked.did from asked)
    ),

    order_lines as (select * from {{ ref('fct_order_lines') }} where is_valid),

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
        where ordered_at >= (select starts_at from reach)
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
            deeds.customer_id is not null
            and {{ in_trigger_list('deeds.product_group', 'first.groups') }}
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
        where
            deeds.customer_id is not null
            and deeds.done_at < {{ as_of() }}
            and {{ in_trigger_list('deeds.product_group', 'then.groups') }}
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
