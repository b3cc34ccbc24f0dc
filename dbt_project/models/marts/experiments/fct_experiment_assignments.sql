-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as experiment,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as journey,
    cast(null as varchar) as arm,
    cast(null as date) as assigned_on,
    cast(null as integer) as bucket
where false
