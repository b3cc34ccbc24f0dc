{{ config(tags=['measure']) }}

with
    periods as (select * from {{ ref('int_purchases__periods') }}),
    customers as (select * from {{ ref('int_purchases__by_period') }}),
    rfm as (
        select customer_id, persona from {{ ref('fct_customer_rfm') }} where snapshot_on = {{ run_date() }}
    ),
    segments as (
        select 'all' as persona
        union
        select persona
        from {{ ref('personas') }}
    ),
    of_personas as (
        select
            customers.period,
            customers.is_comparison,
            rfm.persona,
            sum(customers.revenue_minor) as revenue_minor,
            sum(customers.n_orders) as n_orders,
            sum(customers.n_items) as n_items,
            count(customers.customer_id) as n_customers,
            count(customers.customer_id) filter (where customers.n_orders = 1) as n_single,
            count(customers.customer_id) filter (where customers.n_orders > 1) as n_repeat,
            sum(customers.lifetime_revenue_minor) filter (
                where customers.customer_id is not null
            ) as lifetime_minor,
            sum(customers.revenue_minor) filter (where customers.customer_id is not null) as in_period_minor,
            sum(customers.last_ordered_on - customers.first_ordered_on) filter (
                where customers.customer_id is not null and customers.n_orders > 1
            ) as delay_days,
            sum(customers.n_orders - 1) filter (
                where customers.customer_id is not null and customers.n_orders > 1
            ) as n_delays
        from customers
        left join rfm on customers.customer_id = rfm.customer_id
        group by customers.period, customers.is_comparison, rfm.persona
    ),
    -- Everybody is all personas, and those who have none: the sums of few rows instead of every customer's.
    sums as (
        select *
        from of_personas
        where persona is not null
        union all
        select period, is_comparison, 'all', sum(columns(* exclude (period, is_comparison, persona)))
        from of_personas
        group by period, is_comparison
    ),
    -- Every period and persona has its tiles, also where nothing was sold: counts are 0 then, and ratios
    -- are null.
    tiles as (
        select
            periods.period,
            periods.is_comparison,
            segments.persona,
            unnest(
                [
                    {'tile':'revenue_minor', 'value':cast(coalesce(sums.revenue_minor, 0) as double)},
                    {
                        'tile':'average_order_value_minor',
                        'value':{{ ratio('sums.revenue_minor', 'sums.n_orders') }}
                    },
                    {
                        'tile':'customer_lifetime_value_minor',
                        'value':{{ ratio('sums.lifetime_minor', 'sums.n_customers') }}
                    },
                    {
                        'tile':'customer_value_in_period_minor',
                        'value':{{ ratio('sums.in_period_minor', 'sums.n_customers') }}
                    },
                    {'tile':'n_orders', 'value':cast(coalesce(sums.n_orders, 0) as double)},
                    {'tile':'items_per_order', 'value':{{ ratio('sums.n_items', 'sums.n_orders') }}},
                    {'tile':'average_delay_days', 'value':{{ ratio('sums.delay_days', 'sums.n_delays') }}},
                    {'tile':'n_customers', 'value':cast(coalesce(sums.n_customers, 0) as double)},
                    {
                        'tile':'n_single_purchase_customers',
                        'value':cast(coalesce(sums.n_single, 0) as double)
                    },
                    {'tile':'n_repeat_customers', 'value':cast(coalesce(sums.n_repeat, 0) as double)}
                ]
            ) as tile
        from periods
        cross join segments
        left join
            sums
            on sums.period = periods.period
            and sums.is_comparison = periods.is_comparison
            and sums.persona = segments.persona
    ),
    final as (
        select
            shown.period,
            shown.starts_on,
            cast(shown.before_on - 1 as date) as ends_on,
            compared.starts_on as comparison_starts_on,
            cast(compared.before_on - 1 as date) as comparison_ends_on,
            now.persona,
            now.tile.tile as tile,
            now.tile.value as value,
            before.tile.value as comparison_value
        from tiles as now
        join periods as shown on shown.period = now.period and not shown.is_comparison
        left join periods as compared on compared.period = now.period and compared.is_comparison
        left join
            tiles as before
            on before.is_comparison
            and before.period = now.period
            and before.persona = now.persona
            and before.tile.tile = now.tile.tile
        where not now.is_comparison
    )
select *
from final
