-- Fallback lists: what most customers bought lately, in each category and in the whole shop (category is
-- null). The lists are long, because what a customer owns is taken out before the top is taken.
{% set best_seller_days = var('best_seller_days', 90) %}
{% set list_length = var('best_seller_list_length', 500) %}

with
    order_lines as (
        select product_id, customer_id
        from {{ ref('fct_order_lines') }}
        where is_valid and ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ best_seller_days) }}
    ),

    products as (
        select product_id, category
        from {{ ref('dim_products') }}
        where is_known and is_in_stock and is_for_sale
    ),

    buyers as (
        select
            order_lines.product_id,
            any_value(products.category) as category,
            count(distinct order_lines.customer_id) as n_buyers
        from order_lines
        inner join products on order_lines.product_id = products.product_id
        group by order_lines.product_id
    ),

    ranked as (
        select
            category,
            product_id,
            n_buyers,
            row_number() over (partition by category order by n_buyers desc, product_id) as rank
        from buyers
        where category is not null
        union all
        select
            null as category,
            product_id,
            n_buyers,
            row_number() over (order by n_buyers desc, product_id) as rank
        from buyers
    ),

    final as (
        select category, product_id, n_buyers, cast(rank as integer) as rank
        from ranked
        where rank <= {{ list_length }}
    )

select *
from final
