{#- How long a product lasts a customer (Bhagat et al., KDD 2018). -#}

{#- Of order lines: those that their buyer uses up. A gift is used up elsewhere. -#}
{% macro is_used_up_by_buyer() -%}
    is_valid and customer_id is not null and product_id is not null and not coalesce(is_gift, false)
{%- endmacro %}

{#-
  One row per row of `bought` (customer_id, product_id, days: those with a purchase in order, null where there is only one)
  that is among the `products` (product_id, replenish_after_days): n_own_gaps, method and expected_gap_days. Three own gaps
  and more are weighed against the product's own mean of log gaps; fewer say nothing, so the catalogue's days or the
  product's median gap stand in.
  Other columns of `bought` are kept.
-#}
{% macro expected_gaps(bought, products) -%}
    {%- set shrinkage = var('replenishment_shrinkage') -%}
    with
        days as (
            select customer_id, product_id, unnest(days) as ordered_on
            from {{ bought }}
            semi join {{ products }} using (product_id)
            where days is not null
        ),
        gaps as (
            select
                customer_id,
                product_id,
                ordered_on
                - lag(ordered_on) over (partition by customer_id, product_id order by ordered_on) as gap_days
            from days
        ),
        of_product as (
            select
                product_id,
                {{ exact_sum('ln(gap_days)') }} / count(gap_days) as mean_log_gap,
                median(gap_days) as median_gap_days
            from gaps
            where gap_days is not null
            group by product_id
        ),
        -- Of the few who have enough of their own: everybody else is looked up with the product alone.
        own as (
            select
                customer_id,
                product_id,
                count(gap_days) as n_gaps,
                {{ exact_sum('ln(gap_days)') }} / count(gap_days) as mean_log_gap
            from gaps
            group by customer_id, product_id
            having count(gap_days) >= 3
        )
    select
        bought.* exclude (days),
        coalesce(cast(len(bought.days) as integer) - 1, 0) as n_own_gaps,
        case
            when own.n_gaps is not null
            then 'shrunk'
            when products.replenish_after_days > 0
            then 'catalogue'
            else 'product_median'
        end as method,
        case
            when own.n_gaps is not null
            then exp(
                (own.n_gaps * own.mean_log_gap + {{ shrinkage }} * of_product.mean_log_gap)
                / (own.n_gaps + {{ shrinkage }})
            )
            when products.replenish_after_days > 0
            then products.replenish_after_days
            else of_product.median_gap_days
        end as expected_gap_days
    from {{ bought }} as bought
    join {{ products }} as products using (product_id)
    left join of_product using (product_id)
    left join own on own.customer_id = bought.customer_id and own.product_id = bought.product_id
{%- endmacro %}
