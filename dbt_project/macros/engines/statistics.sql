{#- Quantiles differ per engine. Discrete: the result is always one of the values, so scores never hang on rounding. -#}
{% macro quantiles_disc(value, fractions) -%}
    {{ return(adapter.dispatch('quantiles_disc')(value, fractions)) }}
{%- endmacro %}

{% macro default__quantiles_disc(value, fractions) -%}
    quantile_disc({{ value }}, [{{ fractions | join(', ') }}])
{%- endmacro %}
