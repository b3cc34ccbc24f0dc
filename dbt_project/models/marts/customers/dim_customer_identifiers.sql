-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as customer_id,
    cast(null as varchar) as identifier_kind,
    cast(null as varchar) as identifier_value,
    cast(null as varchar) as source,
    cast(null as date) as first_seen_on,
    cast(null as boolean) as is_primary
where false
