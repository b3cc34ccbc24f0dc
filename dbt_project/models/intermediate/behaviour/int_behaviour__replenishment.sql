-- When a customer will need a product again: last purchase plus the expected gap (macro expected_gaps).
-- Gaps are looked at for products that people do buy again.
{% set around_days = var('replenishment_around_days') %}
with
    catalogue as (
        select product_id, replenish_after_days
        from {{ ref('int_catalogue__products') }}
        where is_in_stock and is_for_sale
    ),
    bought as (select * from {{ ref('int_purchases__by_product') }} semi join catalogue using (product_id)),
    replenished as (
        select
            product_id,
            catalogue.replenish_after_days,
            cast(count(*) filter (where n_days > 1) as double) / count(*) as repeat_probability
        from bought
        join catalogue using (product_id)
        group by product_id, catalogue.replenish_after_days
        having
            catalogue.replenish_after_days > 0
            or (
                count(*) >= {{ var('replenishment_min_buyers') }}
                and repeat_probability >= {{ var('replenishment_min_repeat_probability') }}
            )
    ),
    days as (
        select customer_id, product_id, unnest(days) as ordered_on
        from bought
        semi join replenished using (product_id)
    ),
    gaps as ({{ expected_gaps('days', 'replenished') | indent(8) }}),
    expected as (
        select
            bought.* exclude (days),
            replenished.repeat_probability,
            gaps.n_own_gaps,
            gaps.method,
            gaps.expected_gap_days
        from bought
        join replenished using (product_id)
        join gaps using (customer_id, product_id)
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
