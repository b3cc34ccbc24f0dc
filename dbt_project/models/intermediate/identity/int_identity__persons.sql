-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as record_id,
    cast(null as varchar) as customer_id
where false
