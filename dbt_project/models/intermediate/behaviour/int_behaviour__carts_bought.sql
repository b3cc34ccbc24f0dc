-- Which order a cart ended in: the one whose completion names the cart; else one completed in the same
-- browser within a day of the last change; else the customer's next valid order, in shop or store, that
-- holds a product of the cart and was placed within three days (var cart_bought_days). Browsers' clocks
-- and the shop's differ: an order may seem to come some minutes before the cart it was made of (var
-- cart_clock_minutes).
{{ config(unique_key='cart_id') }}
{% set carts, cart_events = ref('int_behaviour__carts'), ref('int_behaviour__cart_events') %}
{% set orders = ref('fct_orders') %}
{% set since = carried_from([carts, ref('int_behaviour__cart_lines'), cart_events, orders, ref('fct_order_lines')]) %}
{%- if since %}
    with
        browsers as (
            select bought_in as anonymous_id
            from {{ affected_keys(cart_events) }}
            where bought_in is not null
            union
            select anonymous_id
            from {{ cart_events }}
            semi join {{ affected_keys(cart_events) }} using (message_id)
            where event_name = 'Order Completed'
        )
    -- What lies in a cart changes only with its events.
    select cart_id
    from {{ affected_keys(carts) }}
    union
    select cart_id
    from {{ carts }}
    where
        anonymous_id in (select anonymous_id from browsers)
        or customer_id in ({{ customers_of(orders, 'order_id') | indent(12) }})
    union
    -- The instant of the purchase is the order's.
    select cart_id
    from {{ this }}
    where bought_order_id in (select order_id from {{ affected_keys(orders) }}) {{ carried_mark() }}
{%- endif %}
with
    carts as (select * from {{ carts }} {{ only_affected(since, 'cart_id') }}),
    cart_lines as (select * from {{ ref('int_behaviour__cart_lines') }}),
    completions as (select * from {{ cart_events }} where event_name = 'Order Completed'),
    orders as (select * from {{ orders }}),
    order_lines as (select * from {{ ref('fct_order_lines') }} where is_valid),
    filled as (select cart_id, min(added_at) as filled_at from cart_lines group by cart_id),
    named as (
        select carts.cart_id, completions.order_id, completions.occurred_at as bought_at, 1 as precedence
        from completions
        join carts using (cart_id)
        left join filled using (cart_id)
        -- A cart that was filled anew since has not been bought.
        where
            carts.last_changed_at <= completions.occurred_at
            or coalesce(filled.filled_at <= completions.occurred_at, true)
    ),
    same_browser as (
        select carts.cart_id, completions.order_id, completions.occurred_at as bought_at, 2 as precedence
        from carts
        join
            completions
            on completions.anonymous_id = carts.anonymous_id
            and completions.occurred_at >= carts.last_changed_at
            and completions.occurred_at <= carts.last_changed_at + interval 1 day
        where starts_with(completions.cart_id, 'browser:') or starts_with(carts.cart_id, 'browser:')
    ),
    same_product as (
        select carts.cart_id, order_lines.order_id, order_lines.ordered_at as bought_at, 3 as precedence
        from carts
        join cart_lines using (cart_id)
        join
            order_lines
            on order_lines.customer_id = carts.customer_id
            and order_lines.product_id = cart_lines.product_id
            and order_lines.ordered_at >= carts.last_changed_at - to_minutes({{ var('cart_clock_minutes') }})
            and order_lines.ordered_at <= carts.last_changed_at + to_days({{ var('cart_bought_days') }})
    ),
    proven as (
        select *
        from named
        union all
        select *
        from same_browser
        union all
        select *
        from same_product
    ),
    final as (
        select
            proven.cart_id,
            proven.order_id as bought_order_id,
            coalesce(orders.ordered_at, proven.bought_at) as bought_at
        from proven
        left join orders using (order_id)
        qualify
            row_number() over (
                partition by proven.cart_id order by proven.precedence, proven.bought_at, proven.order_id
            )
            = 1
    )
select *
from final
