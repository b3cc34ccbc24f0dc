{{ config(materialized='table', unique_key='webshop_order_id') }}
{% set since = carried_from() %}
{% set delivered = affected_rows(source('logistics', 'deliveries'), 'order_id', since, named='webshop_order_id') %}
{%- if since %}
    {{ versions_since(source('logistics', 'deliveries'), 'order_id', 'webshop_order_id', 'delivered_at', since) | indent(4) }}
    {{ carried_mark() }}
{%- endif %}
with
    newest as ({{ newest_known(delivered, 'order_id') }}),
    final as (
        select
            order_id as webshop_order_id,
            status,
            -- A delivery that is only promised has not happened.
            case when delivered_at < {{ as_of() }} then delivered_at end as delivered_at,
            updated_at,
            received_on
        from newest
    )
select *
from final
