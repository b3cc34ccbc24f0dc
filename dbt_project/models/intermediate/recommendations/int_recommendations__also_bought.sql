-- The rule "also bought": for each product that steers a candidate of this run, the others that its buyers
-- bought, by
-- distinct buyers, bounded to recent days and to people whose taste says something (var also_bought_*).
-- Only the steering
-- products are counted: pairs of the whole catalogue are hundreds of times as many, and nearly all would be
-- thrown away.
with
    order_lines as (select * from {{ ref('fct_order_lines') }}),
    customers as (select * from {{ ref('int_customers__golden_records') }} where customer_type = 'b2c'),
    products as (select * from {{ ref('dim_products') }} where is_in_stock and is_for_sale),
    seeds as (
        select distinct seed_product_id as product_id
        from {{ ref('int_recommendations__slots') }}
        where slot = 'also_bought' and seed_product_id is not null
    ),
    bought as (
        select distinct order_lines.customer_id, order_lines.product_id
        from order_lines
        semi join customers using (customer_id)
        where
            order_lines.is_valid
            and order_lines.product_id is not null
            and order_lines.ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ var('also_bought_days')) }}
    ),
    telling as (
        select customer_id
        from bought
        group by customer_id
        having count(*) between 2 and {{ var('also_bought_max_products') }}
    ),
    buyers as (
        select bought.product_id, bought.customer_id
        from bought
        semi join seeds using (product_id)
        semi join telling using (customer_id)
    ),
    counted as (
        select buyers.product_id, others.product_id as recommended_product_id, count(*) as n_buyers
        from buyers
        join bought as others using (customer_id)
        semi join products on others.product_id = products.product_id
        where others.product_id <> buyers.product_id
        group by buyers.product_id, others.product_id
    ),
    final as (
        select
            product_id,
            recommended_product_id,
            n_buyers,
            cast(
                row_number() over (
                    partition by product_id order by n_buyers desc, recommended_product_id
                ) as integer
            ) as rank
        from counted
        qualify rank <= {{ var('also_bought_depth') }}
    )
select *
from final
