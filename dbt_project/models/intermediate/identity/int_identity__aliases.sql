-- Every id a customer has or ever could have had: each record would have founded its own person before it
-- was joined.
{{ config(unique_key='past_customer_id') }}
{% set persons = ref('int_identity__persons') %}
{% set since = carried_from([persons]) %}
{%- if since %}
    select record_id, {{ customer_id_of('record_id') }} as past_customer_id
    from {{ affected_keys(persons) }} {{ carried_mark() }}
{%- endif %}
with
    persons as (select * from {{ persons }} {{ only_affected(since, 'record_id') }}),
    final as (select distinct {{ customer_id_of('record_id') }} as past_customer_id, customer_id from persons)
select *
from final
