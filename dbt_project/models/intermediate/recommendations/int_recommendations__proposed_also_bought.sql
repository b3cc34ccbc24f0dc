-- Slot `also_bought`: by the rule (what goes with the customer's order, var also_bought_method); where
-- that does not fill the slot, best sellers of the product's category, then of the shop. Taken out first,
-- counted afterwards.
with
    slots as (select * from {{ ref('int_recommendations__slots') }} where slot = 'also_bought'),

    kept_out as (select distinct customer_id, product_id from {{ ref('int_recommendations__kept_out') }}),

    kept_out_items as (
        select distinct customer_id, item_group_id
        from {{ ref('int_recommendations__kept_out') }}
        where item_group_id is not null
    ),

    products as (select * from {{ ref('dim_products') }}),

    also_bought as (
        select also_bought.*, products.item_group_id
        from {{ ref('int_recommendations__also_bought') }} as also_bought
        inner join products on also_bought.recommended_product_id = products.product_id
        where products.is_known and products.is_in_stock and products.is_for_sale
    ),

    best_sellers as (
        select best_sellers.*, products.item_group_id
        from {{ ref('int_recommendations__best_sellers') }} as best_sellers
        left join products on best_sellers.product_id = products.product_id
    ),

    -- What steers: the order as a whole, or its most valuable product.
    steering as (
        {% if var('also_bought_method') == 'damped_sum' -%}
            select distinct slots.customer_id, slots.journey, slots.anchor, order_lines.product_id
            from slots
            inner join
                {{ ref('fct_order_lines') }} as order_lines
                on slots.seed_order_id = order_lines.order_id
                and slots.customer_id = order_lines.customer_id
            where order_lines.is_valid
        {%- else -%}select customer_id, journey, anchor, seed_product_id as product_id from slots
        {%- endif %}
    ),

    scored as (
        select
            steering.customer_id,
            steering.journey,
            steering.anchor,
            also_bought.recommended_product_id as product_id,
            any_value(also_bought.item_group_id) as item_group_id,
            round(sum(also_bought.strength), 9) as score
        from steering
        inner join also_bought on steering.product_id = also_bought.product_id
        group by steering.customer_id, steering.journey, steering.anchor, also_bought.recommended_product_id
    ),

    by_the_rule as (
        select
            scored.customer_id,
            scored.journey,
            scored.anchor,
            scored.product_id,
            scored.score,
            slots.max_recommendations
        from scored
        anti join
            kept_out on scored.customer_id = kept_out.customer_id and scored.product_id = kept_out.product_id
        anti join
            kept_out_items
            on scored.customer_id = kept_out_items.customer_id
            and scored.item_group_id = kept_out_items.item_group_id
        inner join
            slots
            on scored.customer_id = slots.customer_id
            and scored.journey = slots.journey
            and scored.anchor = slots.anchor
        qualify
            row_number() over (
                partition by scored.customer_id, scored.journey, scored.anchor
                order by scored.score desc, scored.product_id
            )
            <= slots.max_recommendations
    ),

    filled as (
        select customer_id, journey, anchor, count(*) as n_products
        from by_the_rule
        group by customer_id, journey, anchor
    ),

    too_short as (
        -- Only they meet the long lists of best sellers.
        select slots.customer_id, slots.journey, slots.anchor, slots.max_recommendations, products.category
        from slots
        left join
            filled
            on slots.customer_id = filled.customer_id
            and slots.journey = filled.journey
            and slots.anchor = filled.anchor
        left join products on slots.seed_product_id = products.product_id
        where coalesce(filled.n_products, 0) < slots.max_recommendations
    ),

    left_out as (
        select kept_out.customer_id, best_sellers.product_id
        from kept_out
        semi join too_short on kept_out.customer_id = too_short.customer_id
        inner join best_sellers on kept_out.product_id = best_sellers.product_id
        union
        select kept_out_items.customer_id, best_sellers.product_id
        from kept_out_items
        semi join too_short on kept_out_items.customer_id = too_short.customer_id
        inner join best_sellers on kept_out_items.item_group_id = best_sellers.item_group_id
    ),

    reaching as (
        -- So far down each list at most: past what is left out, and past what the slot may show already by
        -- the rule and by the list before.
        select too_short.*, 3 * too_short.max_recommendations + coalesce(counted.n_left_out, 0) as last_rank
        from too_short
        left join
            (select customer_id, count(*) as n_left_out from left_out group by customer_id) as counted
            on too_short.customer_id = counted.customer_id
    ),

    listed as (
        select reaching.* exclude (category), best_sellers.*
        from reaching
        inner join best_sellers on reaching.category = best_sellers.category
        union all
        select reaching.* exclude (category), best_sellers.*
        from reaching
        cross join (select * from best_sellers where category is null) as best_sellers
    ),

    from_best_sellers as (
        select
            listed.customer_id,
            listed.journey,
            listed.anchor,
            listed.product_id,
            listed.category is not null as is_of_category,
            cast(listed.n_buyers as double) as score
        from listed
        anti join
            left_out on listed.customer_id = left_out.customer_id and listed.product_id = left_out.product_id
        where listed.rank <= listed.last_rank
    ),

    final as (
        select * exclude (max_recommendations), 'also_bought' as method, 1 as method_order
        from by_the_rule
        union all
        select
            customer_id,
            journey,
            anchor,
            product_id,
            score,
            case when is_of_category then 'best_seller_category' else 'best_seller' end as method,
            case when is_of_category then 2 else 3 end as method_order
        from from_best_sellers
    )

select *
from final
