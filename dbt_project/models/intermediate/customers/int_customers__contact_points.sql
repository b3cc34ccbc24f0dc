-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as customer_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as address,
    cast(null as varchar) as suppression_id,
    cast(null as varchar) as permission_basis,
    cast(null as varchar) as permission_id
where false
