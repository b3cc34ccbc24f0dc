-- interface placeholder: its owner replaces it
select
    cast(null as date) as from_on,
    cast(null as date) as to_on,
    cast(null as varchar) as persona_from,
    cast(null as varchar) as persona_to,
    cast(null as bigint) as n_customers,
    cast(null as bigint) as revenue_minor,
    cast(null as varchar) as split
where false
