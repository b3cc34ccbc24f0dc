-- What fits one person only without being anybody's key: a name with a birth date, a name at an address.
{{ config(
    unique_key=['record_id', 'identifier_kind'],
    meta={'carried_by': ['record_id'], 'compared': ['link_value']},
) }}
{% set all_records = ref('int_identity__records') %}
{% set since = carried_from([all_records]) %}
{%- set descriptions = var('identity_descriptions') %}
{%- set columns = {
    'name': ['least(first_name_key, last_name_key)', 'greatest(first_name_key, last_name_key)'],
    'first_name': ['first_name_key'],
    'last_name': ['last_name_key'],
    'birth_date': ['case when not ' ~ is_year_only('birth_date') ~ ' then cast(birth_date as varchar) end'],
    'postal_code': ['postal_key'],
    'street': ['street_key'],
    'house_number': ['house_key'],
    'city': ['city_key'],
    'company': ['company_key'],
} %}
{%- if since %} select record_id from {{ affected_keys(all_records) }} {{ carried_mark() }} {%- endif %}
with
    records as (select * from {{ all_records }} {{ only_affected(since, 'record_id') }}),
    described as (
        {%- for kind, description in descriptions.items() %}
            {{ 'union all' if not loop.first }}
            select
                record_id,
                '{{ kind }}' as identifier_kind,
                {% for field in description.fields -%}
                    {{ columns[field] | join(" || ' ' || ") }} {{ "|| ' ' ||" if not loop.last }}
                {% endfor -%} as link_value
            from records
            where
                source <> 'webshop_order'
                {%- if description.guard == 'first_name' or 'name' in description.fields %}
                    and length(first_name_key) > 1 and first_name_key <> coalesce(last_name_key, '')
                {%- endif %}
        {%- endfor %}
    ),
    final as (select * from described where link_value is not null)
select *
from final
