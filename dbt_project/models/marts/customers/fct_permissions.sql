-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as permission_id,
    cast(null as varchar) as address,
    cast(null as varchar) as channel,
    cast(null as varchar) as purpose,
    cast(null as varchar) as basis,
    cast(null as varchar) as evidence_id,
    cast(null as timestamptz) as valid_from,
    cast(null as timestamptz) as valid_to
where false
