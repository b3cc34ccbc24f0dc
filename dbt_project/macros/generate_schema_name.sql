{#- Schemas carry their layer's plain name (staging, intermediate, marts, seeds), in every target. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
