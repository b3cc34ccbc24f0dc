-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as period,
    cast(null as date) as starts_on,
    cast(null as date) as ends_on,
    cast(null as varchar) as tile,
    cast(null as double) as value,
    cast(null as double) as comparison_value
where false
