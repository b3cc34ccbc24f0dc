-- When a customer will need a product again: last purchase plus the expected gap, after Bhagat et al.
-- (KDD 2018). Three own gaps and more are weighed against the product's own mean of log gaps; fewer say
-- nothing, so the catalogue's days or the product's median gap stand in. Purchases on the same day are
-- one. Whole histories are only rolled up; gaps are computed for products that people do buy again.
{% set starts_on = run_date() ~ ' - ' ~ var('replenishment_history_days') %}
{% set around_days = var('replenishment_around_days') %}
with
    catalogue as (
        select product_id, replenish_after_days
        from {{ ref('int_catalogue__products') }}
        where is_in_stock and is_for_sale
    ),
    days as (
        select
            lines.customer_id,
            lines.product_id,
            {{ local_day('lines.ordered_at') }} as ordered_on,
            max(lines.ordered_at) as ordered_at,
            arg_max(lines.order_id, lines.ordered_at) as order_id,
            max(lines.received_on) as received_on
        from {{ ref('fct_order_lines') }} as lines
        semi join catalogue using (product_id)
        where
            lines.is_valid
            and lines.customer_id is not null
            and not coalesce(lines.is_gift, false)
            and lines.ordered_at >= {{ local_instant(starts_on) }}
        group by all
    ),
    bought as (
        select
            customer_id,
            product_id,
            count(*) as n_days,
            max(ordered_on) as last_ordered_on,
            max(ordered_at) as last_ordered_at,
            arg_max(order_id, ordered_on) as last_order_id,
            arg_max(received_on, ordered_on) as received_on
        from days
        group by customer_id, product_id
    ),
    repeated as (
        select
            product_id,
            count(*) as n_buyers,
            cast(count(*) filter (where n_days > 1) as double) / count(*) as repeat_probability
        from bought
        group by product_id
    ),
    replenished as (
        select repeated.product_id, repeated.repeat_probability, catalogue.replenish_after_days
        from repeated
        join catalogue using (product_id)
        where
            catalogue.replenish_after_days > 0
            or (
                repeated.n_buyers >= {{ var('replenishment_min_buyers') }}
                and repeated.repeat_probability >= {{ var('replenishment_min_repeat_probability') }}
            )
    ),
    gaps as (
        select
            customer_id,
            product_id,
            ordered_on
            - lag(ordered_on) over (partition by customer_id, product_id order by ordered_on) as gap_days
        from days
        semi join replenished using (product_id)
    ),
    of_product as (
        select product_id, avg(ln(gap_days)) as mean_log_gap, median(gap_days) as median_gap_days
        from gaps
        where gap_days is not null
        group by product_id
    ),
    own as (
        select customer_id, product_id, count(gap_days) as n_own_gaps, avg(ln(gap_days)) as mean_log_gap
        from gaps
        group by customer_id, product_id
    ),
    expected as (
        select
            bought.*,
            replenished.repeat_probability,
            cast(own.n_own_gaps as integer) as n_own_gaps,
            case
                when own.n_own_gaps >= 3
                then 'shrunk'
                when replenished.replenish_after_days > 0
                then 'catalogue'
                else 'product_median'
            end as method,
            case
                when own.n_own_gaps >= 3
                then
                    exp(
                        (
                            own.n_own_gaps * own.mean_log_gap
                            + {{ var('replenishment_shrinkage') }} * of_product.mean_log_gap
                        )
                        / (own.n_own_gaps + {{ var('replenishment_shrinkage') }})
                    )
                when replenished.replenish_after_days > 0
                then replenished.replenish_after_days
                else of_product.median_gap_days
            end as expected_gap_days
        from bought
        join replenished using (product_id)
        join own using (customer_id, product_id)
        left join of_product using (product_id)
    ),
    dated as (select *, last_ordered_on + cast(round(expected_gap_days) as integer) as due_on from expected),
    final as (
        select
            customer_id,
            product_id,
            last_order_id,
            last_ordered_at,
            {{ local_instant('due_on') }} as due_at,
            cast(expected_gap_days as double) as expected_gap_days,
            repeat_probability,
            n_own_gaps,
            method,
            received_on
        from dated
        where due_on between {{ run_date() }} - {{ around_days }} and {{ run_date() }} + {{ around_days }}
    )
select *
from final
