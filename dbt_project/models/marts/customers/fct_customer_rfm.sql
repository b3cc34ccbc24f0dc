-- interface placeholder: its owner replaces it
select
    cast(null as date) as snapshot_on,
    cast(null as varchar) as customer_id,
    cast(null as integer) as days_since_last_order,
    cast(null as bigint) as n_orders,
    cast(null as bigint) as net_revenue_minor,
    cast(null as integer) as r_score,
    cast(null as integer) as f_score,
    cast(null as integer) as m_score,
    cast(null as varchar) as persona,
    cast(null as varchar) as stage,
    cast(null as varchar) as absolute_stage,
    cast(null as varchar) as cut_points_version
where false
