-- interface placeholder: its owner replaces it
select
    cast(null as date) as run_date,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as address,
    cast(null as varchar) as rule,
    cast(null as timestamptz) as until_at
where false
