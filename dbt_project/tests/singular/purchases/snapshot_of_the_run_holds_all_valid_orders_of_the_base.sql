-- The dated intervals behind RFM and the orders as the run sees them are two roads to the same figures.
{{ config(meta={'dagster': {'ref': {'name': 'fct_customer_rfm'}}}, enabled=(var('rfm_window_days') | int == 0)) }}
with
    from_orders as (
        select count(*) as n_orders, coalesce(sum(orders.net_amount_minor), 0) as net
        from {{ ref('fct_orders') }} as orders
        join {{ ref('int_customers__golden_records') }} as customers using (customer_id)
        where orders.is_valid and customers.customer_type = 'b2c'
    ),
    from_snapshot as (
        select coalesce(sum(n_orders), 0) as n_orders, coalesce(sum(net_revenue_minor), 0) as net
        from {{ ref('fct_customer_rfm') }}
        where snapshot_on = {{ run_date() }}
    )
select *
from from_orders
cross join from_snapshot
where from_orders.n_orders <> from_snapshot.n_orders or from_orders.net <> from_snapshot.net
