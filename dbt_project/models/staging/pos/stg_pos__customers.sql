-- E-mail and phone stay as delivered: identity normalises them together with every other source's.
{{ config(materialized='table', unique_key='pos_customer_id') }}
{% set since = carried_from() %}
{% set delivered = affected_rows(source('pos', 'customers'), 'pos_customer_id', since) %}
{%- if since %}
    {{ newly_known(source('pos', 'customers'), 'updated_at', since, 'pos_customer_id') }} {{ carried_mark() }}
{%- endif %}
with
    newest as ({{ newest_known(delivered, 'pos_customer_id') }}),
    final as (
        select
            pos_customer_id,
            name,
            email,
            phone,
            postal_code,
            member_id,
            updated_at,
            first_received_on,
            received_on
        from newest
    )
select *
from final
