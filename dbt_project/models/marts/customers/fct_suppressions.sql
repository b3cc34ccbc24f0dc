-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as suppression_id,
    cast(null as varchar) as address,
    cast(null as varchar) as channel,
    cast(null as varchar) as reason,
    cast(null as timestamptz) as since_at
where false
