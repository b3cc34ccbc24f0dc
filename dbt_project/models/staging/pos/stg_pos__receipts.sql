{{ config(materialized='table', unique_key='receipt_id') }}
{% set since = carried_from() %}
{%- if since %}
    {{ told_since(source('pos', 'receipts'), 'receipt_id', 'sold_at', since) | indent(4) }}
    {{ carried_mark() }}
{%- endif %}
with
    first_told as ({{ first_known(source('pos', 'receipts'), 'receipt_id', 'sold_at', since) | indent(8) }}),
    final as (
        select
            receipt_id,
            store_id,
            pos_customer_id,
            member_id,
            sold_at,
            currency,
            {{ to_minor('total_amount') }} as total_amount_minor,
            received_on
        from first_told
    )
select *
from final
