-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as experiment,
    cast(null as varchar) as arm,
    cast(null as varchar) as segment,
    cast(null as varchar) as metric,
    cast(null as bigint) as n,
    cast(null as hugeint) as sum_y,
    cast(null as hugeint) as sum_y2,
    cast(null as hugeint) as sum_x,
    cast(null as hugeint) as sum_x2,
    cast(null as hugeint) as sum_xy
where false
