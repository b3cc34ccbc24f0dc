-- What fills, empties, shows and closes a cart. The few event types are picked before anything else is
-- done, then repeated deliveries of an event are dropped (the one received first wins).
with
    events as (
        select *
        from {{ ref('stg_tracker__events') }}
        where
            event_name
            in ('Product Added', 'Product Removed', 'Cart Viewed', 'Checkout Started', 'Order Completed')
            and (cart_id is not null or event_name = 'Order Completed')
            -- A cart is followed for as long as visits are: what nobody touched since is history, and no
            -- journey's.
            and occurred_at >= {{ local_instant(run_date() ~ ' - ' ~ var('web_history_days')) }}
    ),
    single as ({{ first_delivered('events') | indent(8) }}),
    final as (
        select
            message_id,
            event_name,
            cart_id,
            anonymous_id,
            user_id,
            occurred_at,
            product_id,
            quantity,
            price_minor,
            products,
            case when coalesce(url, page) like 'http%' then coalesce(url, page) end as link,
            'webshop:' || webshop_order_id as order_id,
            received_on
        from single
    )
select *
from final
