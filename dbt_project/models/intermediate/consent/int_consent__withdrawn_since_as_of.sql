-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as address,
    cast(null as varchar) as channel,
    cast(null as timestamptz) as occurred_at
where false
