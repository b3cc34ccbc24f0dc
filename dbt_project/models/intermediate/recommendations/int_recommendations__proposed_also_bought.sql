-- Slot `also_bought`: by the rule (what goes with the customer's order, var also_bought_method); where
-- that does not fill the slot, best sellers of the product's category, then of the shop
-- (macros/best_sellers.sql). What must not be shown is taken out first, the rest counted afterwards. Inside,
-- numbers stand for slots, products and items: everybody's lists meet everything that everybody has, and
-- texts cost several times as much to compare and to keep in memory.
with
    slots as (
        select *, row_number() over (order by customer_id, journey, anchor) as slot_number
        from {{ ref('int_recommendations__slots') }}
        where slot = 'also_bought'
    ),

    items as (
        select item_group_id, row_number() over (order by item_group_id) as item_number
        from (select distinct item_group_id from {{ ref('dim_products') }} where item_group_id is not null)
    ),

    products as (
        -- In the order of their ids, so that ties by number are ties by id.
        select
            products.product_id,
            row_number() over (order by products.product_id) as product_number,
            items.item_number,
            products.category,
            products.is_known and products.is_in_stock and products.is_for_sale as can_be_shown
        from {{ ref('dim_products') }} as products
        left join items on products.item_group_id = items.item_group_id
    ),

    unwanted as (
        select distinct slots.slot_number, products.product_number
        from {{ ref('int_recommendations__kept_out') }} as kept_out
        inner join slots on kept_out.customer_id = slots.customer_id
        inner join products on kept_out.product_id = products.product_id
    ),

    unwanted_items as (
        select distinct slots.slot_number, items.item_number
        from {{ ref('int_recommendations__kept_out') }} as kept_out
        inner join slots on kept_out.customer_id = slots.customer_id
        inner join items on kept_out.item_group_id = items.item_group_id
    ),

    also_bought as (
        select
            steering.product_number,
            recommended.product_number as recommended_number,
            recommended.item_number,
            also_bought.strength
        from {{ ref('int_recommendations__also_bought') }} as also_bought
        inner join products as steering on also_bought.product_id = steering.product_id
        inner join
            products as recommended
            on also_bought.recommended_product_id = recommended.product_id
            and recommended.can_be_shown
    ),

    -- What steers: the order as a whole, or its most valuable product.
    steering as (
        {% if var('also_bought_method') == 'damped_sum' -%}
            select distinct slots.slot_number, products.product_number
            from slots
            inner join
                {{ ref('fct_order_lines') }} as order_lines
                on slots.seed_order_id = order_lines.order_id
                and slots.customer_id = order_lines.customer_id
            inner join products on order_lines.product_id = products.product_id
            where order_lines.is_valid
        {%- else -%}
            select slots.slot_number, products.product_number
            from slots
            inner join products on slots.seed_product_id = products.product_id
        {%- endif %}
    ),

    scored as (
        select
            steering.slot_number,
            also_bought.recommended_number as product_number,
            any_value(also_bought.item_number) as item_number,
            round(sum(also_bought.strength), 9) as score
        from steering
        inner join also_bought on steering.product_number = also_bought.product_number
        group by steering.slot_number, also_bought.recommended_number
    ),

    by_the_rule as (
        select scored.slot_number, scored.product_number, scored.score
        from scored
        anti join
            unwanted
            on scored.slot_number = unwanted.slot_number
            and scored.product_number = unwanted.product_number
        anti join
            unwanted_items
            on scored.slot_number = unwanted_items.slot_number
            and scored.item_number = unwanted_items.item_number
        inner join slots on scored.slot_number = slots.slot_number
        qualify
            row_number() over (
                partition by scored.slot_number order by scored.score desc, scored.product_number
            )
            <= slots.max_recommendations
    ),

    from_best_sellers as (
        {{ filled_by_best_sellers(
            slots='slots',
            found='by_the_rule',
            products='products',
            unwanted='unwanted',
            unwanted_items='unwanted_items',
            best_sellers=ref('int_recommendations__best_sellers')
        ) | indent(8) }}
    ),

    proposed as (
        select slot_number, product_number, score, 'also_bought' as method, 1 as method_order
        from by_the_rule
        union all
        select
            slot_number,
            product_number,
            score,
            case when is_of_category then 'best_seller_category' else 'best_seller' end as method,
            case when is_of_category then 2 else 3 end as method_order
        from from_best_sellers
    ),

    final as (
        select
            slots.customer_id,
            slots.journey,
            slots.anchor,
            products.product_id,
            proposed.score,
            proposed.method,
            proposed.method_order
        from proposed
        inner join slots on proposed.slot_number = slots.slot_number
        inner join products on proposed.product_number = products.product_number
    )

select *
from final
