-- One row per cart with whose it is: the account that is signed in, else the person behind the browser at
-- the time, else whoever completed the order it ended in.
with
    events as (select * from {{ ref('int_behaviour__cart_events') }} where cart_id is not null),
    persons as (select * from {{ ref('int_identity__persons') }}),
    browsers as (select * from {{ ref('int_identity__anonymous_ids') }}),
    orders as (select * from {{ ref('fct_orders') }}),
    rolled_up as (
        select
            cart_id,
            arg_max(anonymous_id, occurred_at) as anonymous_id,
            arg_max(user_id, occurred_at) as user_id,
            arg_max(order_id, occurred_at) as order_id,
            -- Looking at a cart does not change it: the reminder that makes somebody look must not restart
            -- its clock.
            coalesce(
                max(occurred_at) filter (where event_name in ('Product Added', 'Product Removed')),
                max(occurred_at) filter (where event_name <> 'Order Completed')
            ) as last_changed_at,
            arg_max(link, occurred_at) filter (
                where event_name in ('Cart Viewed', 'Checkout Started')
            ) as checkout_link,
            max(received_on) filter (where event_name <> 'Order Completed') as received_on
        from events
        group by cart_id
    ),
    final as (
        select
            rolled_up.cart_id,
            coalesce(persons.customer_id, browsers.customer_id, orders.customer_id) as customer_id,
            rolled_up.anonymous_id,
            rolled_up.last_changed_at,
            rolled_up.checkout_link,
            rolled_up.received_on
        from rolled_up
        left join persons on persons.record_id = 'webshop:' || rolled_up.user_id
        left join
            browsers
            on browsers.anonymous_id = rolled_up.anonymous_id
            and {{ is_valid_at('browsers', 'rolled_up.last_changed_at') }}
        left join orders on orders.order_id = rolled_up.order_id
        -- A cart that is only known from the order it became was never seen filling.
        where rolled_up.last_changed_at is not null
    )
select *
from final
