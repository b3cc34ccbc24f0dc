-- E-mail and phone stay as delivered: identity normalises them together with every other source's.
{{ config(materialized='table', unique_key='account_id') }}
{% set since = carried_from() %}
{%- if since %}
    {{ newly_known(source('webshop', 'accounts'), 'updated_at', since, 'account_id') }} {{ carried_mark() }}
{%- endif %}
with
    newest as (
        {{ newest_known(affected_rows(source('webshop', 'accounts'), 'account_id', since), 'account_id') }}
    ),
    final as (
        select
            account_id,
            email,
            phone,
            first_name,
            last_name,
            street,
            postal_code,
            city,
            country,
            language,
            birth_date,
            member_id,
            company_name,
            organisation_number,
            created_at,
            updated_at,
            first_received_on,
            received_on
        from newest
    )
select *
from final
