-- The calling codes of the seed are those that normalise_phone reads: a number of each home country in its
-- international form must keep its code.
{{ config(severity='error', meta={'dagster': {'ref': {'name': 'dim_customers'}}}) }}
with
    numbers as (
        select calling_code, '+' || calling_code || '45123456' as delivered from {{ ref('country_defaults') }}
    )
select *
from numbers
where {{ normalise_phone('delivered') }} is distinct from delivered
