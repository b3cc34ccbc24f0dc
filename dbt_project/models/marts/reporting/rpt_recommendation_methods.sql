-- Leave the last basket out: everybody's last order is hidden, the one before it steers, and the lists
-- are compared with what was then bought. The rules are those of the daily slots
-- (macros/recommendations.sql), so this judges what customers get. Made on demand: nothing reads it every
-- day.
{{ config(tags=['on_demand']) }}
{% set n_shown = 4 %}
{% set max_together = var('bought_together_max_products') %}
with
    customers as (select * from {{ ref('int_customers__golden_records') }} where customer_type = 'b2c'),
    all_products as (select product_id from {{ ref('dim_products') }}),
    products as (select product_id from {{ ref('dim_products') }} where is_in_stock and is_for_sale),
    lines as (
        select customer_id, order_id, product_id, ordered_at, net_amount_minor
        from {{ ref('fct_order_lines') }}
        semi join customers using (customer_id)
        where is_valid and product_id is not null and not coalesce(is_gift, false)
    ),
    orders as (
        select
            customer_id,
            order_id,
            row_number() over (partition by customer_id order by max(ordered_at) desc, order_id desc) as age
        from lines
        group by customer_id, order_id
    ),
    evaluated as (
        select orders.customer_id
        from orders
        where orders.age = 2
        order by md5(orders.customer_id)
        limit {{ var('evaluation_customers') }}
    ),
    hidden as (
        select distinct lines.customer_id, lines.product_id
        from lines
        semi join products using (product_id)
        semi join evaluated using (customer_id)
        join orders on orders.order_id = lines.order_id and orders.age = 1
    ),
    steering as (
        select
            lines.customer_id,
            lines.product_id,
            row_number() over (
                partition by lines.customer_id order by max(lines.net_amount_minor) desc, lines.product_id
            ) as value_rank
        from lines
        semi join evaluated using (customer_id)
        join orders on orders.order_id = lines.order_id and orders.age = 2
        group by lines.customer_id, lines.product_id
    ),
    known as (select lines.* from lines join orders on orders.order_id = lines.order_id and orders.age > 1),
    recent as (
        select *
        from known
        where ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ var('also_bought_days')) }}
    ),
    owned as (
        select customer_id, product_id, count(distinct order_id) as n_orders
        from known
        semi join evaluated using (customer_id)
        group by customer_id, product_id
    ),
    targets as (
        select hidden.*, owned.product_id is null as is_new
        from hidden
        left join owned using (customer_id, product_id)
    ),
    by_order as (select order_id as unit_id, product_id from recent),
    by_customer as (select distinct customer_id as unit_id, product_id from recent),
    seeds as (select distinct product_id from steering),
    top_seeds as (select distinct product_id from steering where value_rank = 1),
    baskets as (
        {{ bought_together('by_order', 'all_products', 'seeds', 'products', max_together, var('bought_together_min_baskets')) | indent(8) }}
    ),
    buyers as (
        {{ bought_together('by_customer', 'all_products', 'top_seeds', 'products', var('also_bought_max_products')) | indent(8) }}
    ),
    popular as (
        select product_id, cast(count(*) as double) as score
        from by_customer
        semi join products using (product_id)
        group by product_id
        order by score desc, product_id
        limit 500
    ),
    scored as (
        select
            'damped_sum' as method,
            steering.customer_id,
            baskets.recommended_product_id as product_id,
            round(sum({{ damped_strength('baskets.n_together', 'baskets.n_units') }}), 9) as score
        from steering
        join baskets using (product_id)
        group by all
        union all
        select
            'raw_sum',
            steering.customer_id,
            baskets.recommended_product_id,
            cast(sum(baskets.n_together) as double)
        from steering
        join baskets using (product_id)
        group by all
        union all
        select
            'most_valuable',
            steering.customer_id,
            buyers.recommended_product_id,
            cast(buyers.n_together as double)
        from steering
        join buyers using (product_id)
        where steering.value_rank = 1
        union all
        select 'popularity', evaluated.customer_id, popular.product_id, popular.score
        from evaluated
        cross join popular
    ),
    unowned as (select scored.* from scored anti join owned using (customer_id, product_id)),
    again as (
        select
            'buy_again' as method,
            owned.customer_id,
            owned.product_id,
            cast(owned.n_orders as double) as score
        from owned
        semi join products using (product_id)
    ),
    shown as (
        select *
        from
            (
                select *
                from unowned
                union all
                select *
                from again
            ) as lists
        qualify
            row_number() over (partition by method, customer_id order by score desc, product_id)
            <= {{ n_shown }}
    ),
    found as (
        select shown.method, shown.customer_id, count(*) as n_shown, count(targets.product_id) as n_hits
        from shown
        left join targets on targets.customer_id = shown.customer_id and targets.product_id = shown.product_id
        group by shown.method, shown.customer_id
    ),
    wanted as (
        select customer_id, count(*) as n_targets, count(*) filter (where is_new) as n_new_targets
        from targets
        group by customer_id
    ),
    methods as (select distinct method from shown),
    judged as (
        select
            methods.method,
            wanted.customer_id,
            case
                methods.method when 'buy_again' then wanted.n_targets else wanted.n_new_targets
            end as n_targets,
            coalesce(found.n_hits, 0) as n_hits,
            coalesce(found.n_shown, 0) as n_shown
        from methods
        cross join wanted
        left join found on found.method = methods.method and found.customer_id = wanted.customer_id
    ),
    coverage as (
        select shown.method, count(distinct shown.product_id) as n_products from shown group by shown.method
    ),
    final as (
        select
            judged.method,
            {{ run_date() }} as as_of_on,
            count(*) as n_customers,
            avg(cast(judged.n_hits as double) / judged.n_targets) as recall_at_4,
            avg(case when judged.n_hits > 0 then 1.0 else 0.0 end) as hit_rate,
            {{ ratio('sum(judged.n_shown)', 'count(*) * ' ~ n_shown) }} as fill_rate,
            {{ ratio('any_value(coverage.n_products)', '(select count(*) from products)') }} as coverage
        from judged
        join coverage using (method)
        where judged.n_targets > 0
        group by judged.method
    )
select *
from final
