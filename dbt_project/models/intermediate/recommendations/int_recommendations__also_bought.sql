-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as product_id,
    cast(null as varchar) as recommended_product_id,
    cast(null as bigint) as n_buyers,
    cast(null as integer) as rank
where false
