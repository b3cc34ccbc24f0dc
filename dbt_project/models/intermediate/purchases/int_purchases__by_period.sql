-- Orders per period, customer, and whether the period is the one compared with; orders of nobody known
-- share one row per period. The sums that every tile is made of.
{{ config(unique_key='customer_key') }}
{% set orders = ref('fct_orders') %}
{% set since = carried_from([orders]) %}
{%- if since %}
    with
        -- Days that were on another side of a period's start or end.
        moved as (
            select
                unnest(
                    [
                        {'one':before.starts_on, 'other':now.starts_on},
                        {'one':before.before_on, 'other':now.before_on}
                    ],
                    recursive := true
                )
            from ({{ purchase_periods(day_literal(since)) | indent(12) }}) as before
            join ({{ purchase_periods(run_date()) | indent(12) }}) as now using (period, is_comparison)
        ),
        crossed as (
            select distinct
                cast(
                    unnest(
                        generate_series(least(one, other), greatest(one, other) - 1, interval 1 day)
                    ) as date
                ) as day
            from moved
            where one is not null
        ),
        affected as (
            {{ customers_of(orders, 'order_id') | indent(12) }}
            union all
            select customer_id
            from {{ orders }}
            where ordered_on in (select day from crossed)
        )
    select coalesce(customer_id, 'nobody') as customer_key
    from affected {{ carried_mark() }}
{%- endif %}
with
    periods as (select * from {{ ref('int_purchases__periods') }}),
    keyed as (select *, coalesce(customer_id, 'nobody') as customer_key from {{ orders }} where is_valid),
    -- By day first: nobody's orders are many, their days are few.
    days as (
        select
            customer_key,
            customer_id,
            ordered_on,
            count(*) as n_orders,
            sum(net_amount_minor) as revenue_minor,
            sum(n_items) as n_items
        from keyed {{ only_affected(since, 'customer_key') }}
        group by customer_key, customer_id, ordered_on
    ),
    dated as (
        select
            periods.period,
            periods.is_comparison,
            days.*,
            days.ordered_on >= coalesce(periods.starts_on, days.ordered_on) as is_inside
        from days
        join periods on days.ordered_on < periods.before_on
    ),
    final as (
        select
            period,
            is_comparison,
            customer_key,
            customer_id,
            cast(sum(n_orders) filter (where is_inside) as bigint) as n_orders,
            cast(sum(revenue_minor) filter (where is_inside) as bigint) as revenue_minor,
            sum(n_items) filter (where is_inside) as n_items,
            min(ordered_on) filter (where is_inside) as first_ordered_on,
            max(ordered_on) as last_ordered_on,
            -- What the customer had spent in all, up to the end of the period.
            cast(sum(revenue_minor) as bigint) as lifetime_revenue_minor
        from dated
        group by period, is_comparison, customer_key, customer_id
        having bool_or(is_inside)
    )
select *
from final
