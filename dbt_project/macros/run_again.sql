{#- Before a day is added to a table of all days: what an earlier run of the same day left goes. -#}
{% macro forget_day(column='run_date') -%}
    {%- if is_incremental() -%} delete from {{ this }} where {{ column }} = {{ run_date() }} {%- endif -%}
{%- endmacro %}
