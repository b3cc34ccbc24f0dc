-- What a customer must never be recommended, with the reason. Only customers who wait for a
-- recommendation. Another size or colour of what the customer has is no news, either: item_group_id names
-- it, and whoever proposes compares with it. (Listed out, the variants were sixteen million rows where
-- the purchases are half a million.)
with
    slots as (select * from {{ ref('int_recommendations__slots') }}),

    customers as (select distinct customer_id from slots),

    policy as (select * from {{ ref('stg_templates__policy_settings') }}),

    products as (select * from {{ ref('dim_products') }}),

    carts as (select * from {{ ref('fct_carts') }}),

    bought as (
        select order_lines.*
        from {{ ref('fct_order_lines') }} as order_lines
        inner join customers on order_lines.customer_id = customers.customer_id
        where order_lines.is_valid or order_lines.returned_quantity > 0
    ),

    owned as (
        select
            customer_id,
            product_id,
            case when bool_or(is_valid) then 'owned' else 'returned' end as reason,
            max(ordered_at) as last_ordered_at
        from bought
        group by customer_id, product_id
    ),

    owned_items as (
        select owned.*, products.item_group_id
        from owned
        left join products on owned.product_id = products.product_id
    ),

    bought_dearer as (
        -- Price regret: the customer would see for less what was just paid in full.
        select
            bought.customer_id,
            bought.product_id,
            'price_regret' as reason,
            max(bought.ordered_at) as last_ordered_at,
            cast(null as varchar) as item_group_id
        from bought
        inner join products on bought.product_id = products.product_id
        cross join policy
        where
            bought.unit_price_minor > products.current_price_minor
            and bought.ordered_at >= {{ local_instant(run_date() ~ ' - policy.price_regret_days') }}
        group by bought.customer_id, bought.product_id
    ),

    in_cart as (
        -- What lies in the cart is shown by the message itself.
        select distinct
            slots.customer_id,
            json_extract_string(cart_line.value, '$.product_id') as product_id,
            'in_cart' as reason,
            slots.anchor_at as last_ordered_at,
            cast(null as varchar) as item_group_id
        from slots
        inner join carts on slots.reference_cart_id = carts.cart_id
        cross join json_each(carts.lines) as cart_line
    ),

    final as (
        select *
        from owned_items
        union all
        select *
        from bought_dearer
        union all
        select *
        from in_cart
    )

select *
from final
