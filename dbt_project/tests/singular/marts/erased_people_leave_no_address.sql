-- Whoever asked to be erased has no name, address or number in the customer marts.
{{ config(severity='error', meta={'dagster': {'ref': {'name': 'dim_customers'}}}) }}
select customers.customer_id
from {{ ref('dim_customers') }} as customers
where
    customers.is_erased
    and (
        coalesce(
            customers.first_name,
            customers.last_name,
            customers.email,
            customers.phone,
            customers.postal_code,
            customers.city
        )
        is not null
        or exists (
            select 1
            from {{ ref('dim_customer_identifiers') }} as identifiers
            where
                identifiers.customer_id = customers.customer_id
                and identifiers.identifier_kind in ('email', 'phone')
        )
    )
