-- Orders per period, customer, and whether the period is the one compared with; orders of nobody known
-- share one row per period. The sums that every tile is made of.
{{ config(unique_key='customer_key', tags=['measure']) }}
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
            ordered_on,
            count(*) as n_orders,
            sum(net_amount_minor) as revenue_minor,
            sum(n_items) as n_items
        from keyed {{ only_affected(since, 'customer_key') }}
        group by customer_key, ordered_on
    ),
    -- So that a day is looked at in the periods that it lies in, and not in all that came after it.
    summed_up as (
        select
            *,
            sum(revenue_minor) over (
                partition by customer_key order by ordered_on rows unbounded preceding
            ) as revenue_so_far_minor
        from days
    ),
    inside as (
        select periods.period, periods.is_comparison, sold_on.ordered_on
        from (select distinct ordered_on from days) as sold_on
        join
            periods
            on sold_on.ordered_on < periods.before_on
            and sold_on.ordered_on >= coalesce(periods.starts_on, sold_on.ordered_on)
    ),
    final as (
        select
            inside.period,
            inside.is_comparison,
            summed_up.customer_key,
            nullif(summed_up.customer_key, 'nobody') as customer_id,
            cast(sum(summed_up.n_orders) as bigint) as n_orders,
            cast(sum(summed_up.revenue_minor) as bigint) as revenue_minor,
            sum(summed_up.n_items) as n_items,
            min(summed_up.ordered_on) as first_ordered_on,
            max(summed_up.ordered_on) as last_ordered_on,
            -- What the customer had spent in all, up to the end of the period: it only grows, because valid
            -- orders are worth something.
            cast(max(summed_up.revenue_so_far_minor) as bigint) as lifetime_revenue_minor
        from summed_up
        join inside using (ordered_on)
        group by inside.period, inside.is_comparison, summed_up.customer_key
    )
select *
from final
