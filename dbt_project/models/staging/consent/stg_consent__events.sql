{{ config(materialized='table', unique_key='event_id') }}
{% set since = carried_from() %}
{% set delivered = ref('base_consent__events') %}
{%- if since %}
    {{ told_since(delivered, 'event_id', 'occurred_at', since) | indent(4) }} {{ carried_mark() }}
{%- endif %}
with
    first_told as ({{ first_known(delivered, 'event_id', 'occurred_at', since) | indent(8) }}),
    final as (select * exclude (source_file, source_line) from first_told)
select *
from final
