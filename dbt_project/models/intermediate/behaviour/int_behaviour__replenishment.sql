-- When a customer will need a product again: last purchase plus the expected gap (macro expected_gaps).
-- Gaps are looked at for products that people do buy again; of all purchases they are few.
{% set around_days = var('replenishment_around_days') %}
with
    catalogue as (
        select product_id, replenish_after_days
        from {{ ref('int_catalogue__products') }}
        where is_in_stock and is_for_sale
    ),
    bought as not materialized(select * from {{ ref('int_purchases__by_product') }}),
    replenished as (
        select
            product_id,
            catalogue.replenish_after_days,
            cast(count(bought.days) as double) / count(*) as repeat_probability
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
    gaps as ({{ expected_gaps('bought', 'replenished') | indent(8) }}),
    expected as (select gaps.*, replenished.repeat_probability from gaps join replenished using (product_id)),
    due as (
        select
            *,
            {{ local_instant('last_ordered_on') }} as last_day_began_at,
            last_ordered_on + cast(round(expected_gap_days) as integer) as due_on
        from expected
        where due_on between {{ run_date() }} - {{ around_days }} and {{ run_date() }} + {{ around_days }}
    ),
    -- Looked up for the few that are due: on the last day it may have been bought in several orders. By
    -- instants, so that not every line is asked for its local day.
    last_bought as (
        select
            customer_id,
            product_id,
            arg_max(order_id, (ordered_at, order_id)) as last_order_id,
            max(received_on) as received_on
        from {{ ref('fct_order_lines') }} as order_lines
        semi join
            due
            on due.customer_id = order_lines.customer_id
            and due.product_id = order_lines.product_id
            and order_lines.ordered_at >= due.last_day_began_at
        where {{ is_used_up_by_buyer() }}
        group by customer_id, product_id
    ),
    final as (
        select
            customer_id,
            product_id,
            last_bought.last_order_id,
            due.last_ordered_at,
            {{ local_instant('due.due_on') }} as due_at,
            cast(due.expected_gap_days as double) as expected_gap_days,
            due.repeat_probability,
            due.n_own_gaps,
            due.method,
            last_bought.received_on
        from due
        join last_bought using (customer_id, product_id)
    )
select *
from final
