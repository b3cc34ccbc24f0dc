-- What goes with the products that steer a candidate of this run, by var also_bought_method:
-- damped_sum     every product of the steering order, baskets that hold both (default: it evaluates best)
-- most_valuable  the order's most valuable product only, distinct customers who bought both
{% set by_basket = var('also_bought_method') == 'damped_sum' %}
with
    customers as (select * from {{ ref('int_customers__golden_records') }} where customer_type = 'b2c'),
    products as (select product_id from {{ ref('dim_products') }}),
    sellable as (select product_id from {{ ref('dim_products') }} where is_in_stock and is_for_sale),
    slots as (select * from {{ ref('int_recommendations__slots') }} where slot = 'also_bought'),
    seeds as (
        {% if by_basket -%}
            select distinct order_lines.product_id
            from {{ ref('fct_order_lines') }} as order_lines
            semi join slots on slots.seed_order_id = order_lines.order_id
            where order_lines.is_valid and order_lines.product_id is not null
        {%- else -%}select distinct seed_product_id as product_id from slots where seed_product_id is not null
        {%- endif %}
    ),
    bought as (
        select
            {{ 'order_lines.order_id' if by_basket else 'order_lines.customer_id' }} as unit_id,
            order_lines.product_id
        from {{ ref('fct_order_lines') }} as order_lines
        semi join customers using (customer_id)
        where
            order_lines.is_valid
            and order_lines.product_id is not null
            and order_lines.ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ var('also_bought_days')) }}
    ),
    pairs as (
        {{
            bought_together(
                'bought',
                'products',
                'seeds',
                'sellable',
                var('bought_together_max_products') if by_basket else var('also_bought_max_products'),
                var('bought_together_min_baskets') if by_basket else 1,
            ) | indent(8)
        }}
    ),
    weighed as (
        select
            product_id,
            recommended_product_id,
            {{ damped_strength('n_together', 'n_units') if by_basket else 'cast(n_together as double)' }}
            as strength
        from pairs
    ),
    final as (
        select
            product_id,
            recommended_product_id,
            strength,
            cast(
                row_number() over (
                    partition by product_id order by round(strength, 9) desc, recommended_product_id
                ) as integer
            ) as rank
        from weighed
        qualify rank <= {{ var('also_bought_depth') }}
    )
select *
from final
