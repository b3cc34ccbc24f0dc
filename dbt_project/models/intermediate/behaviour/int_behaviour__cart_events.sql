-- What fills, empties, shows and closes a cart. The few event types are picked before anything else is
-- done, then repeated deliveries of an event are dropped (the one received first wins).
{{ config(unique_key='message_id') }}
{% set since = carried_from() %}
{% set starts_at = local_instant(run_date() ~ ' - ' ~ var('web_history_days')) %}
{% set tracked = ref('stg_tracker__events') %}
{%- if since %}
    with
        told as ({{ newly_known(tracked, 'occurred_at', since, 'message_id') }}),
        -- What leaves the window may give way to a repetition that is still in it.
        gone as (
            select *
            from {{ this }}
            where occurred_at < {{ starts_at }}
            union all
            select *
            from {{ this }}
            semi join told using (message_id)
        )
    -- With the cart that the event was about until now, and the browser in which it told of a purchase:
    -- what is told of carts asks for them.
    select message_id, cart_id, case when event_name = 'Order Completed' then anonymous_id end as bought_in
    from gone
    union all
    select message_id, null, null
    from told {{ carried_mark() }}
{%- endif %}
with
    events as (
        select *
        from {{ affected_rows(tracked, 'message_id', since) }} as tracked
        where
            event_name
            in ('Product Added', 'Product Removed', 'Cart Viewed', 'Checkout Started', 'Order Completed')
            -- A cart is followed for as long as visits are: what nobody touched since is history, and no
            -- journey's.
            and occurred_at >= {{ starts_at }}
    ),
    single as ({{ first_delivered('events') | indent(8) }}),
    final as (
        select
            message_id,
            event_name,
            -- Shops that name no cart have one for each browser and local day.
            coalesce(
                cart_id, 'browser:' || md5(anonymous_id || '|' || {{ local_day('occurred_at') }})
            ) as cart_id,
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
