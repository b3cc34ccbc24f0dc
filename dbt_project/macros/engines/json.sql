{#- JSON differs per engine. -#}

{#- Number of elements of a JSON list held as text; 0 when it is none. -#}
{% macro json_list_length(text) -%}
    {{ return(adapter.dispatch('json_list_length')(text)) }}
{%- endmacro %}

{% macro default__json_list_length(text) -%}
    case when json_valid({{ text }}) then coalesce(json_array_length({{ text }}), 0) else 0 end
{%- endmacro %}
