-- Orders per period, customer, and whether the period is the one compared with; orders of nobody known
-- share one row per period. The sums that every tile is made of, read from the orders once.
with
    periods as (select * from {{ ref('int_purchases__periods') }}),
    orders as (select * from {{ ref('fct_orders') }} where is_valid),
    final as (
        select
            periods.period,
            periods.is_comparison,
            orders.customer_id,
            count(*) filter (
                where orders.ordered_on >= coalesce(periods.starts_on, orders.ordered_on)
            ) as n_orders,
            cast(
                coalesce(
                    sum(orders.net_amount_minor) filter (
                        where orders.ordered_on >= coalesce(periods.starts_on, orders.ordered_on)
                    ),
                    0
                ) as bigint
            ) as revenue_minor,
            sum(orders.n_items) filter (
                where orders.ordered_on >= coalesce(periods.starts_on, orders.ordered_on)
            ) as n_items,
            min(orders.ordered_on) filter (
                where orders.ordered_on >= coalesce(periods.starts_on, orders.ordered_on)
            ) as first_ordered_on,
            max(orders.ordered_on) as last_ordered_on,
            -- What the customer had spent in all, up to the end of the period.
            cast(sum(orders.net_amount_minor) as bigint) as lifetime_revenue_minor
        from orders
        join periods on orders.ordered_on < periods.before_on
        group by periods.period, periods.is_comparison, periods.starts_on, orders.customer_id
        having max(orders.ordered_on) >= coalesce(periods.starts_on, max(orders.ordered_on))
    )
select *
from final
