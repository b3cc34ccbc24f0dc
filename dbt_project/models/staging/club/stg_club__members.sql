-- E-mail and phone stay as delivered: identity normalises them together with every other source's.
{{ config(materialized='table', unique_key='member_id') }}
{% set since = carried_from() %}
{% set delivered = affected_rows(source('club', 'members'), 'trim(member_id)', since, named='member_id') %}
{%- if since %}
    select trim(member_id) as member_id
    from
        ({{ newly_known(source('club', 'members'), 'updated_at', since, 'member_id') }}) as changed
        {{ carried_mark() }}
{%- endif %}
with
    newest as ({{ newest_known(delivered, 'member_id') }}),
    final as (
        select
            trim(member_id) as member_id,
            email,
            phone,
            first_name,
            last_name,
            street,
            postal_code,
            city,
            upper(country) as country,
            {{ normalise_language('language') }} as language,
            birth_date,
            children_birth_dates,
            lower(customer_type) as customer_type,
            company_name,
            organisation_number,
            joined_at,
            updated_at,
            first_received_on,
            received_on
        from newest
    )
select *
from final
