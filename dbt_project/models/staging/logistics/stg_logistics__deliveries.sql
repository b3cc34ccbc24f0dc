{{ config(materialized='table', unique_key='webshop_order_id') }}
{% set since = carried_from() %}
{% set delivered = affected_rows(source('logistics', 'deliveries'), 'order_id', since, named='webshop_order_id') %}
{%- if since %}
    select order_id as webshop_order_id
    from ({{ newly_known(source('logistics', 'deliveries'), 'updated_at', since, 'order_id') }}) as changed
    union all
    -- Promised before, and happened only now.
    select order_id
    from {{ source('logistics', 'deliveries') }}
    where received_on <= {{ run_date() }} and {{ happened_since('delivered_at', since) }} {{ carried_mark() }}
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
