{#- How long a product lasts a customer (Bhagat et al., KDD 2018). -#}

{#- Of order lines: those that their buyer uses up. A gift is used up elsewhere. -#}
{% macro is_used_up_by_buyer() -%}
    is_valid and customer_id is not null and product_id is not null and not coalesce(is_gift, false)
{%- endmacro %}

{#-
  One row per customer and product of `days` (customer_id, product_id, ordered_on; each day once) that is among the
  `products` (product_id, replenish_after_days): n_own_gaps, method and expected_gap_days. Three own gaps and more are
  weighed against the product's own mean of log gaps; fewer say nothing, so the catalogue's days or the product's median
  gap stand in.
-#}
{% macro expected_gaps(days, products) -%}
    {%- set shrinkage = var('replenishment_shrinkage') -%}
    with
        gaps as (
            select
                customer_id,
                product_id,
                ordered_on
                - lag(ordered_on) over (partition by customer_id, product_id order by ordered_on) as gap_days
            from {{ days }}
            semi join {{ products }} using (product_id)
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
        own as (
            select
                customer_id,
                product_id,
                count(gap_days) as n_own_gaps,
                {{ exact_sum('ln(gap_days)') }} / nullif(count(gap_days), 0) as mean_log_gap
            from gaps
            group by customer_id, product_id
        )
    select
        own.customer_id,
        own.product_id,
        cast(own.n_own_gaps as integer) as n_own_gaps,
        case
            when own.n_own_gaps >= 3 then 'shrunk'
            when products.replenish_after_days > 0 then 'catalogue'
            else 'product_median'
        end as method,
        case
            when own.n_own_gaps >= 3
            then exp(
                (own.n_own_gaps * own.mean_log_gap + {{ shrinkage }} * of_product.mean_log_gap)
                / (own.n_own_gaps + {{ shrinkage }})
            )
            when products.replenish_after_days > 0 then products.replenish_after_days
            else of_product.median_gap_days
        end as expected_gap_days
    from own
    join {{ products }} as products using (product_id)
    left join of_product using (product_id)
{%- endmacro %}
