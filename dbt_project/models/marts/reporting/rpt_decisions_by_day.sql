-- interface placeholder: its owner replaces it
select
    cast(null as date) as run_date,
    cast(null as varchar) as journey,
    cast(null as varchar) as channel,
    cast(null as varchar) as decision,
    cast(null as varchar) as reason,
    cast(null as bigint) as n
where false
