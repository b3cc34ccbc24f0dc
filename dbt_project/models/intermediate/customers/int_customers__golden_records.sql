-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as customer_id,
    cast(null as varchar) as customer_type,
    cast(null as boolean) as is_member,
    cast(null as varchar) as member_id,
    cast(null as varchar) as first_name,
    cast(null as varchar) as last_name,
    cast(null as varchar) as company_name,
    cast(null as varchar) as language,
    cast(null as varchar) as country,
    cast(null as varchar) as timezone,
    cast(null as varchar) as email,
    cast(null as varchar) as phone,
    cast(null as date) as birth_date,
    cast(null as varchar) as postal_code,
    cast(null as varchar) as city,
    cast(null as boolean) as is_erased,
    cast(null as date) as first_seen_on,
    cast(null as timestamptz) as joined_at,
    cast(null as integer) as n_source_records
where false
