{{ config(tags=['measure']) }}

with
    rfm as (select * from {{ ref('fct_customer_rfm') }} where snapshot_on = {{ run_date() }}),
    personas as (
        select persona, min(position) filter (where n_orders_exactly is null) as position
        from {{ ref('personas') }}
        group by persona
    ),
    summed as (
        select
            personas.persona,
            personas.position,
            count(rfm.customer_id) as n_customers,
            cast(coalesce(sum(rfm.n_orders), 0) as bigint) as n_orders,
            cast(coalesce(sum(rfm.net_revenue_minor), 0) as bigint) as revenue_minor
        from personas
        left join rfm using (persona)
        group by personas.persona, personas.position
    ),
    final as (
        select
            {{ run_date() }} as snapshot_on,
            persona,
            cast(position as integer) as position,
            n_customers,
            {{ ratio("n_customers", "sum(n_customers) over ()") }} as customers_share,
            revenue_minor,
            {{ ratio("revenue_minor", "sum(revenue_minor) over ()") }} as revenue_share,
            {{ ratio("revenue_minor", "n_customers") }} as average_lifetime_value_minor,
            n_orders,
            {{ ratio("n_orders", "n_customers") }} as average_n_orders,
            {{ ratio("revenue_minor", "n_orders") }} as average_order_value_minor
        from summed
    )
select *
from final
