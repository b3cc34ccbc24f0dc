{#-
  Weights that halve every so many days, kept so that a day more changes none of them: as they were when the month of
  run_date began. From there all fade alike, so whatever asks for shares and order may read them as they are, and one
  factor (faded_since_month_start) makes them today's. Carried tables of such weights are built whole when a month
  begins.
-#}

{#- An instant's weight at the month's start; above 1 for what happened in the month. -#}
{% macro weight_at_month_start(instant, half_life_days) -%}
    pow(2, ({{ epoch_milliseconds(instant) }} - {{ epoch_milliseconds(month_start()) }})
        / ({{ half_life_days }} * 86400000.0))
{%- endmacro %}

{#- What is left at as_of of a weight at the month's start. -#}
{% macro faded_since_month_start(half_life_days) -%}
    pow(0.5, {{ age_days(month_start()) }} / {{ half_life_days }}.0)
{%- endmacro %}

{% macro month_start() -%}
    {{ local_instant("cast('" ~ (var('run_date') | string)[:7] ~ "-01' as date)") }}
{%- endmacro %}

{#- carried_from, for tables of such weights. -#}
{% macro carried_from_same_month(read) -%}
    {%- set since = carried_from(read) -%}
    {{ return(since if since and since[:7] == (var('run_date') | string)[:7] else none) }}
{%- endmacro %}
