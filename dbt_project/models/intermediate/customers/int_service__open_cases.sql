-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as customer_id,
    cast(null as varchar) as case_id,
    cast(null as varchar) as topic,
    cast(null as timestamptz) as opened_at
where false
