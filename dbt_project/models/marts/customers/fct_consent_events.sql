-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as event_id,
    cast(null as varchar) as address,
    cast(null as varchar) as channel,
    cast(null as varchar) as purpose,
    cast(null as varchar) as action,
    cast(null as timestamptz) as occurred_at,
    cast(null as varchar) as source,
    cast(null as varchar) as wording_version,
    cast(null as date) as received_on
where false
