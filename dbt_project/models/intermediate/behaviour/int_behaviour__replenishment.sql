-- When a customer will need a product again: last purchase plus the expected gap (macro expected_gaps).
-- Purchases on the same day are one. Whole histories are only rolled up; gaps are computed for products
-- that people do buy again.
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
            arg_max(lines.order_id, (lines.ordered_at, lines.order_id)) as order_id,
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
    gaps as ({{ expected_gaps('days', 'replenished') | indent(8) }}),
    expected as (
        select bought.*, replenished.repeat_probability, gaps.n_own_gaps, gaps.method, gaps.expected_gap_days
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
