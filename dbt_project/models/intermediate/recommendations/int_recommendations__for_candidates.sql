-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as customer_id,
    cast(null as varchar) as journey,
    cast(null as varchar) as anchor,
    cast(null as varchar) as slot,
    cast(null as integer) as rank,
    cast(null as varchar) as product_id,
    cast(null as varchar) as method,
    cast(null as double) as score
where false
