{#- Which days have a snapshot, which month's cut points they go by, and from which day on a fact counts. -#}

{#- Every Monday of the past year, and run_date itself. One column: snapshot_on. -#}
{% macro rfm_snapshot_days() -%}
    select {{ run_date() }} as snapshot_on
    union
    select cast(day as date) as snapshot_on
    from unnest(generate_series({{ run_date() }} - 365, {{ run_date() }} - 1, interval 1 day)) as days (day)
    where isodow(day) = 1
{%- endmacro %}

{#- Cut points are frozen for a month and named after it. -#}
{% macro rfm_version(day) -%}
    strftime({{ day }}, '%Y-%m')
{%- endmacro %}

{#-
  First snapshot day that sees a fact: the day after it happened, or the day it was received if that is later. Facts
  of the first delivery of all are history, and count from the day after they happened.
-#}
{% macro counted_from(happened_on, received_on, history_received_on) -%}
    case
        when {{ received_on }} > {{ history_received_on }} then greatest({{ happened_on }} + 1, {{ received_on }})
        else {{ happened_on }} + 1
    end
{%- endmacro %}
