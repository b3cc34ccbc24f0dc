-- What lies in each cart after its last change. A list of products told with a cart's page or checkout is
-- the whole cart at that instant; what was added and removed since comes on top. A removal without a
-- quantity takes all, one with a quantity no more than there is. What is put in after a purchase is a new
-- filling: what lay there before has been bought.
{{ config(unique_key='cart_id') }}
{% set cart_events = ref('int_behaviour__cart_events') %}
{% set since = carried_from([cart_events]) %}
{%- if since %}
    select cart_id
    from {{ affected_keys(cart_events) }}
    union all
    select cart_id
    from {{ cart_events }}
    semi join {{ affected_keys(cart_events) }} using (message_id) {{ carried_mark() }}
{%- endif %}
with
    told as (select * from {{ cart_events }} {{ only_affected(since, 'cart_id') }} where cart_id is not null),
    last_added as (
        select cart_id, max(occurred_at) as added_at
        from told
        where event_name = 'Product Added'
        group by cart_id
    ),
    bought_before as (
        select told.cart_id, max(told.occurred_at) as bought_at
        from told
        join last_added on last_added.cart_id = told.cart_id and told.occurred_at < last_added.added_at
        where told.event_name = 'Order Completed'
        group by told.cart_id
    ),
    events as (
        select told.*
        from told
        left join bought_before using (cart_id)
        where bought_before.bought_at is null or told.occurred_at > bought_before.bought_at
    ),
    listed as (
        select cart_id, max(occurred_at) as listed_at, arg_max(products, (occurred_at, products)) as products
        from events
        where event_name in ('Cart Viewed', 'Checkout Started') and {{ json_list_length('products') }} > 0
        group by cart_id
    ),
    listed_lines as (
        select
            cart_id,
            listed_at as occurred_at,
            line ->> '$.product_id' as product_id,
            coalesce(try_cast(line ->> '$.quantity' as double), 1) as quantity,
            {{ to_minor("try_cast(line ->> '$.price' as decimal(18, 4))") }} as price_minor
        from (select cart_id, listed_at, unnest(cast(products as json[])) as line from listed) as unnested
    ),
    moves as (
        select
            events.cart_id,
            events.occurred_at,
            events.product_id,
            case events.event_name when 'Product Removed' then -1 else 1 end
            * coalesce(events.quantity, case events.event_name when 'Product Added' then 1 end) as quantity,
            events.price_minor
        from events
        left join listed using (cart_id)
        where
            events.event_name in ('Product Added', 'Product Removed')
            and events.product_id is not null
            and (listed.listed_at is null or events.occurred_at > listed.listed_at)
        union all
        select cart_id, occurred_at, product_id, quantity, price_minor
        from listed_lines
    ),
    cleared as (
        select cart_id, product_id, max(occurred_at) as cleared_at
        from moves
        where quantity is null
        group by cart_id, product_id
    ),
    kept as (
        select moves.*
        from moves
        left join cleared using (cart_id, product_id)
        where
            moves.quantity is not null
            and (cleared.cleared_at is null or moves.occurred_at > cleared.cleared_at)
    ),
    -- Taken out before it was seen going in (a tracker that was blocked, events out of order): what was
    -- taken out of nothing must not be missing later. Few lines have removals at all.
    levels as (
        select cart_id, product_id, sum(quantity) over in_order as level
        from kept
        semi join
            (select cart_id, product_id from kept where quantity < 0) as taken using (cart_id, product_id)
        window in_order as (partition by cart_id, product_id order by occurred_at, quantity desc)
    ),
    overdrawn as (
        select cart_id, product_id, min(level) as level
        from levels
        group by cart_id, product_id
        having min(level) < 0
    ),
    final as (
        select
            kept.cart_id,
            kept.product_id,
            sum(kept.quantity) - coalesce(any_value(overdrawn.level), 0) as quantity,
            arg_max(kept.price_minor, (kept.occurred_at, kept.price_minor)) filter (
                where kept.price_minor is not null
            ) as price_minor,
            min(kept.occurred_at) as added_at
        from kept
        left join overdrawn using (cart_id, product_id)
        group by kept.cart_id, kept.product_id
        having sum(kept.quantity) > coalesce(any_value(overdrawn.level), 0)
    )
select *
from final
