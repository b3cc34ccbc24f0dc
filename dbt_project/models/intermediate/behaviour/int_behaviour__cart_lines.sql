-- What lies in each cart after its last change. A list of products told with a cart's page or checkout is
-- the whole cart at that instant; what was added and removed since comes on top. A removal without a
-- quantity takes all.
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
    events as (
        select * from {{ cart_events }} {{ only_affected(since, 'cart_id') }} where cart_id is not null
    ),
    listed as (
        select cart_id, max(occurred_at) as listed_at
        from events
        where event_name in ('Cart Viewed', 'Checkout Started') and {{ json_list_length('products') }} > 0
        group by cart_id
    ),
    lists as (
        select events.cart_id, events.occurred_at, max(events.products) as products
        from events
        join listed on listed.cart_id = events.cart_id and listed.listed_at = events.occurred_at
        where
            events.event_name in ('Cart Viewed', 'Checkout Started')
            and {{ json_list_length('events.products') }} > 0
        group by events.cart_id, events.occurred_at
    ),
    listed_lines as (
        select
            cart_id,
            occurred_at,
            line ->> '$.product_id' as product_id,
            coalesce(try_cast(line ->> '$.quantity' as double), 1) as quantity,
            {{ to_minor("try_cast(line ->> '$.price' as decimal(18, 4))") }} as price_minor
        from (select cart_id, occurred_at, unnest(cast(products as json[])) as line from lists) as unnested
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
    final as (
        select
            moves.cart_id,
            moves.product_id,
            sum(moves.quantity) as quantity,
            arg_max(moves.price_minor, (moves.occurred_at, moves.price_minor)) filter (
                where moves.price_minor is not null
            ) as price_minor,
            min(moves.occurred_at) as added_at
        from moves
        left join cleared using (cart_id, product_id)
        where
            moves.quantity is not null
            and (cleared.cleared_at is null or moves.occurred_at > cleared.cleared_at)
        group by moves.cart_id, moves.product_id
        having sum(moves.quantity) > 0
    )
select *
from final
