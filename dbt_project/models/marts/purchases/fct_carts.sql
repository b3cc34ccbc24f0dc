{{ config(unique_key='cart_id') }}
{% set carts, cart_lines = ref('int_behaviour__carts'), ref('int_behaviour__cart_lines') %}
{% set bought = ref('int_behaviour__carts_bought') %}
{% set since = carried_from([carts, cart_lines, bought]) %}
{%- if since %}
    with
        affected as (
            -- Whatever else changes a cart may also change how it ended.
            select cart_id
            from {{ affected_keys(bought) }}
            union
            -- What no event priced costs what the catalogue says today.
            select cart_id
            from {{ cart_lines }}
            where price_minor is null
        )
        {{ with_former_customers('affected', 'cart_id') }} {{ carried_mark() }}
{%- endif %}
with
    carts as (select * from {{ carts }} {{ only_affected(since, 'cart_id') }}),
    cart_lines as (select * from {{ cart_lines }} {{ only_affected(since, 'cart_id') }}),
    bought as (select * from {{ bought }}),
    products as (select * from {{ ref('dim_products') }}),
    priced as (
        select
            cart_lines.* exclude (price_minor),
            -- The price the visitor saw; the catalogue's where the event did not say.
            coalesce(cart_lines.price_minor, products.current_price_minor) as price_minor
        from cart_lines
        left join products using (product_id)
    ),
    contents as (
        select
            cart_id,
            sum(quantity) as n_items,
            cast(sum(round(quantity * price_minor)) as bigint) as value_minor,
            {{ json_rows_in_order(['added_at', 'product_id'], ['product_id', 'quantity', 'price_minor']) }}
            as lines
        from priced
        group by cart_id
    ),
    final as (
        select
            carts.cart_id,
            carts.customer_id,
            carts.anonymous_id,
            carts.last_changed_at,
            coalesce(contents.n_items, 0) as n_items,
            coalesce(contents.value_minor, 0) as value_minor,
            carts.checkout_link,
            coalesce(contents.lines, '[]') as lines,
            bought.bought_order_id,
            bought.bought_at,
            carts.received_on
        from carts
        left join contents using (cart_id)
        left join bought using (cart_id)
    )
select *
from final
