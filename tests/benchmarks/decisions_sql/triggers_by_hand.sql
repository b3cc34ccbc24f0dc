-- The day's anchors as somebody would find them by hand for this retailer's six journeys: the days that matter are cut
-- off first, and nothing is asked that these journeys leave open. Anchors count whose last step had not expired when the
-- day before was decided: 18 days back, or 6 for carts and visits.
create or replace table by_hand.fct_trigger_purchases_in_group as
with
    entered as (
        select l.customer_id, l.order_id, o.ordered_at, list(distinct l.product_group) as groups,
            first(l.product_id order by l.net_amount_minor desc, l.product_id, l.line_number) as product_id,
            max(greatest(o.received_on, l.received_on)) as received_on
        from marts.fct_order_lines l join marts.fct_orders o on l.order_id = o.order_id and o.is_valid
        where l.product_group in ('g1', 'g2', 'g3') and l.is_valid and l.customer_id is not null
            and l.ordered_at >= {as_of} - interval 18 days and o.ordered_at >= {as_of} - interval 18 days
        group by all
    ),
    accessory as (
        select l.customer_id, l.order_id, l.ordered_at, a.from_group
        from marts.fct_order_lines l join intermediate.int_catalogue__accessories a using (product_id)
        where l.is_valid and l.ordered_at >= {as_of} - interval 383 days and l.customer_id in (select customer_id from entered)
    ),
    owned as (
        select e.customer_id, e.order_id, min(a.order_id) as accessory_order_id,
            min(a.ordered_at) filter (where a.ordered_at > e.ordered_at) as bought_at
        from (select *, unnest(groups) as product_group from entered) e
        join accessory a on e.customer_id = a.customer_id and e.product_group = a.from_group
            and a.ordered_at >= e.ordered_at - interval 365 days
        group by all
    )
select e.customer_id, 'group' as journey, 'order:' || order_id as anchor, ordered_at as anchor_at,
    case when accessory_order_id is null then 'without_accessory' else 'with_accessory' end as branch, bought_at as goal_reached_at,
    order_id as reference_order_id, product_id as reference_product_id, null::varchar as reference_cart_id,
    '{{' || concat_ws(',', '"order":' || to_json(order_id), '"product":' || to_json(product_id),
        '"accessory_order":' || to_json(accessory_order_id)) || '}}' as evidence, received_on, true as still_holds
from entered e left join owned using (customer_id, order_id);

create or replace table by_hand.fct_trigger_first_purchases as
with entered as (
    select o.customer_id, min(o.order_id) as order_id, o.ordered_at, arg_min(o.received_on, o.order_id) as received_on
    from marts.fct_orders o join marts.dim_customers c on o.customer_id = c.customer_id and o.ordered_at = c.first_order_at
    where o.is_valid and c.first_order_at >= {as_of} - interval 18 days and o.ordered_at >= {as_of} - interval 18 days
    group by o.customer_id, o.ordered_at
)
select customer_id, 'first' as journey, 'order:' || order_id as anchor, e.ordered_at as anchor_at, 'default' as branch,
    null::timestamptz as goal_reached_at, order_id as reference_order_id, product_id as reference_product_id,
    null::varchar as reference_cart_id,
    '{{' || concat_ws(',', '"order":' || to_json(order_id), '"product":' || to_json(product_id)) || '}}' as evidence,
    e.received_on, true as still_holds
from entered e left join (
    select order_id, first(product_id order by net_amount_minor desc, product_id, line_number) as product_id
    from marts.fct_order_lines
    where is_valid and ordered_at >= {as_of} - interval 18 days and order_id in (select order_id from entered) group by order_id
) using (order_id);

create or replace table by_hand.fct_trigger_deliveries as
with entered as (
    select customer_id, order_id, delivered_at, last_received_on as received_on
    from marts.fct_orders
    where is_valid and customer_id is not null and delivered_at >= {as_of} - interval 18 days and delivered_at < {as_of}
)
select customer_id, 'delivered' as journey, 'order:' || order_id as anchor, delivered_at as anchor_at, 'default' as branch,
    null::timestamptz as goal_reached_at, order_id as reference_order_id, product_id as reference_product_id,
    null::varchar as reference_cart_id,
    '{{' || concat_ws(',', '"order":' || to_json(order_id), '"product":' || to_json(product_id)) || '}}' as evidence,
    received_on, true as still_holds
from entered left join (
    select order_id, first(product_id order by net_amount_minor desc, product_id, line_number) as product_id
    from marts.fct_order_lines where is_valid and order_id in (select order_id from entered) group by order_id
) using (order_id);

create or replace table by_hand.fct_trigger_carts_abandoned as
with
    entered as (
        select * from marts.fct_carts
        where customer_id is not null and n_items > 0 and last_changed_at >= {as_of} - interval 6 days
            and last_changed_at <= {as_of} - interval 1 hour
            and (bought_order_id is null or bought_at > last_changed_at + interval 1 hour)
    ),
    dearest as (
        select cart_id, first(product_id order by worth desc nulls last, product_id) as product_id
        from (
            select cart_id, line ->> '$.product_id' as product_id,
                (line ->> '$.quantity')::double * (line ->> '$.price_minor')::bigint as worth
            from (select cart_id, unnest(lines::json[]) as line from entered)
        )
        group by cart_id
    )
select customer_id, 'cart' as journey, 'cart:' || cart_id as anchor, last_changed_at as anchor_at, 'default' as branch,
    bought_at as goal_reached_at, null::varchar as reference_order_id, product_id as reference_product_id,
    cart_id as reference_cart_id,
    '{{' || concat_ws(',', '"cart":' || to_json(cart_id), '"product":' || to_json(product_id)) || '}}' as evidence, received_on,
    true as still_holds
from entered left join dearest using (cart_id);

create or replace table by_hand.fct_trigger_web_visits as
with
    added as (
        select customer_id, session_id, occurred_at from intermediate.int_behaviour__web_events
        where event_name in ('Product Added', 'Order Completed') and customer_id is not null
            and occurred_at >= {as_of} - interval 7 days
    ),
    entered as (
        select customer_id, session_id, session_ended_at,
            first(product_id order by longest_seconds desc, product_id) as product_id, max(received_on) as received_on
        from intermediate.int_behaviour__product_views
        where is_long_view and customer_id is not null and session_ended_at >= {as_of} - interval 6 days
            and session_ended_at <= {as_of} - interval 1 hour
        group by customer_id, session_id, session_ended_at
        having count(*) >= 2 and session_id not in (select session_id from added)
    ),
    since as (
        select e.customer_id, e.session_id from entered e
        semi join added a on e.customer_id = a.customer_id and a.occurred_at > e.session_ended_at
    )
select customer_id, 'visit' as journey, 'session:' || session_id as anchor, session_ended_at as anchor_at, 'default' as branch,
    null::timestamptz as goal_reached_at, null::varchar as reference_order_id, product_id as reference_product_id,
    null::varchar as reference_cart_id,
    '{{' || concat_ws(',', '"session":' || to_json(session_id), '"product":' || to_json(product_id)) || '}}' as evidence, received_on,
    since.session_id is null as still_holds
from entered left join since using (customer_id, session_id);

create or replace table by_hand.fct_trigger_persona_changes as
with changes as (
    select customer_id, snapshot_on, stage, lag(stage) over (partition by customer_id order by snapshot_on) as old_stage
    from marts.fct_customer_rfm
    where snapshot_on between date '{day}' - 26 and date '{day}' and customer_id in (
        select customer_id from marts.fct_customer_rfm where snapshot_on between date '{day}' - 26 and date '{day}'
        group by customer_id having min(stage) <> max(stage)
    )
)
select customer_id, 'back' as journey, 'persona:' || old_stage || ':inactive:' || strftime(snapshot_on, '%Y-%m-%d') as anchor,
    timezone('Europe/Oslo', snapshot_on::timestamp) as anchor_at, 'default' as branch, null::timestamptz as goal_reached_at,
    null::varchar as reference_order_id, null::varchar as reference_product_id, null::varchar as reference_cart_id,
    '{{"from":' || to_json(old_stage) || ',"to":"inactive","snapshot_on":"' || snapshot_on || '"}}' as evidence,
    snapshot_on as received_on, c.stage = 'inactive' as still_holds
from changes join marts.dim_customers c using (customer_id)
where changes.stage = 'inactive' and old_stage <> 'inactive'
    and timezone('Europe/Oslo', snapshot_on::timestamp) >= {as_of} - interval 18 days;
