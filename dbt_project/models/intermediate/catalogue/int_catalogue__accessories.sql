-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as from_group,
    cast(null as varchar) as product_id,
    cast(null as integer) as rank
where false
