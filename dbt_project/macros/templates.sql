{#-
  The rows of the newest templates landed on or before run_date. The day is taken from the settings, which always
  hold a row: a table that became empty (the last experiment removed) must not bring back its older rows.
-#}
{% macro newest_templates() -%}
    received_on = (
        select max(received_on) from {{ source('templates', 'policy_settings') }} where received_on <= {{ run_date() }}
    )
{%- endmacro %}
