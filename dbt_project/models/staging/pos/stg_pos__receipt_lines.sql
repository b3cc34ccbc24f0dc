-- A table, because every reader would look for lines that were told twice among all of them.
{{ config(materialized='table', unique_key=['receipt_id', 'line_number']) }}
{% set since = carried_from() %}
{% set delivered = source('pos', 'receipt_lines') %}
{% set keys = 'receipt_id, line_number' %}
{%- if since %} {{ told_since(delivered, keys, none, since) | indent(4) }} {{ carried_mark() }} {%- endif %}
with
    first_told as ({{ first_known(delivered, keys, none, since) | indent(8) }}),
    final as (
        select
            receipt_id,
            cast(line_number as integer) as line_number,
            product_id,
            cast(quantity as double) as quantity,
            {{ to_minor('unit_price') }} as unit_price_minor,
            coalesce({{ to_minor('discount_amount') }}, 0) as discount_amount_minor,
            {{ to_minor('line_amount') }} as line_amount_minor,
            received_on
        from first_told
    )
select *
from final
