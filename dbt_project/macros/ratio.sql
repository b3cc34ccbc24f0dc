{#- A ratio that is null where there is nothing to divide by: never inf, never an error. -#}
{% macro ratio(numerator, denominator) -%}
    cast({{ numerator }} as double) / nullif({{ denominator }}, 0)
{%- endmacro %}
