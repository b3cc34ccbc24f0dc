-- Which order a cart ended in: the one whose completion names the cart; else one completed in the same
-- browser within a day of the last change; else the customer's next valid order, in shop or store, that
-- holds a product of the cart and was placed within three days (var cart_bought_days).
with
    carts as (select * from {{ ref('int_behaviour__carts') }}),
    cart_lines as (select * from {{ ref('int_behaviour__cart_lines') }}),
    completions as (
        select * from {{ ref('int_behaviour__cart_events') }} where event_name = 'Order Completed'
    ),
    orders as (select * from {{ ref('fct_orders') }}),
    order_lines as (select * from {{ ref('fct_order_lines') }} where is_valid),
    named as (
        select cart_id, order_id, occurred_at as bought_at, 1 as precedence
        from completions
        where cart_id is not null
    ),
    same_browser as (
        select carts.cart_id, completions.order_id, completions.occurred_at as bought_at, 2 as precedence
        from carts
        join
            completions
            on completions.anonymous_id = carts.anonymous_id
            and completions.occurred_at > carts.last_changed_at
            and completions.occurred_at <= carts.last_changed_at + interval 1 day
        where completions.cart_id is null or starts_with(carts.cart_id, 'browser:')
    ),
    same_product as (
        select carts.cart_id, order_lines.order_id, order_lines.ordered_at as bought_at, 3 as precedence
        from carts
        join cart_lines using (cart_id)
        join
            order_lines
            on order_lines.customer_id = carts.customer_id
            and order_lines.product_id = cart_lines.product_id
            and order_lines.ordered_at > carts.last_changed_at
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
