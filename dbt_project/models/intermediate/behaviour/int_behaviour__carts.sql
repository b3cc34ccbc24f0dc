-- One row per cart with whose it is: the account that is signed in, else the person behind the browser at
-- the time, else whoever completed the order it ended in.
{{ config(unique_key='cart_id') }}
{% set cart_events = ref('int_behaviour__cart_events') %}
{% set persons = ref('int_identity__persons') %}
{% set browsers = ref('int_identity__anonymous_ids') %}
{% set orders = ref('fct_orders') %}
{% set since = carried_from([cart_events, persons, browsers, orders]) %}
{%- if since %}
    select cart_id
    from {{ affected_keys(cart_events) }}
    union
    -- Also carts whose events told of an account, a browser or an order that is somebody else's today.
    select cart_id
    from {{ cart_events }}
    where
        message_id in (select message_id from {{ affected_keys(cart_events) }})
        or 'webshop:' || user_id in (select record_id from {{ affected_keys(persons) }})
        or anonymous_id in (select anonymous_id from {{ affected_keys(browsers) }})
        or order_id in (select order_id from {{ affected_keys(orders) }}) {{ carried_mark() }}
{%- endif %}
with
    events as (
        select * from {{ cart_events }} {{ only_affected(since, 'cart_id') }} where cart_id is not null
    ),
    persons as (select * from {{ persons }}),
    browsers as (select * from {{ browsers }}),
    orders as (select * from {{ orders }}),
    rolled_up as (
        select
            cart_id,
            arg_max(anonymous_id, (occurred_at, message_id)) as anonymous_id,
            arg_max(user_id, (occurred_at, message_id)) as user_id,
            arg_max(order_id, (occurred_at, message_id)) as order_id,
            -- Looking at a cart does not change it: the reminder that makes somebody look must not restart
            -- its clock.
            coalesce(
                max(occurred_at) filter (where event_name in ('Product Added', 'Product Removed')),
                max(occurred_at) filter (where event_name <> 'Order Completed')
            ) as last_changed_at,
            arg_max(link, (occurred_at, message_id)) filter (
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
