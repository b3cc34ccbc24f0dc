{#- Time arithmetic differs per engine; everything else calls macros/time.sql. -#}

{% macro zone_or_default(zone) -%}
    {{ zone if zone is not none else "'" ~ var('timezone') ~ "'" }}
{%- endmacro %}

{% macro default__local_instant(day, time, zone) -%}
    timezone({{ zone_or_default(zone) }}, cast({{ day }} as date) + {{ time }})
{%- endmacro %}

{#- Full hours (0-23) as a time of day. -#}
{% macro time_of_hour(hour) -%}
    {{ return(adapter.dispatch('time_of_hour')(hour)) }}
{%- endmacro %}

{% macro default__time_of_hour(hour) -%}
    make_time({{ hour }}, 0, 0)
{%- endmacro %}

{% macro default__local_day(instant, zone) -%}
    cast(timezone({{ zone_or_default(zone) }}, {{ instant }}) as date)
{%- endmacro %}

{% macro default__local_time(instant, zone) -%}
    cast(timezone({{ zone_or_default(zone) }}, {{ instant }}) as time)
{%- endmacro %}

{#- Milliseconds since 1970. Differences of these are far cheaper than differences of instants with a time zone. -#}
{% macro epoch_milliseconds(instant) -%}
    {{ return(adapter.dispatch('epoch_milliseconds')(instant)) }}
{%- endmacro %}

{% macro default__epoch_milliseconds(instant) -%}
    epoch_ms({{ instant }})
{%- endmacro %}

{#- The instant that many days of 24 hours earlier. -#}
{% macro days_before(instant, days) -%}
    {{ return(adapter.dispatch('days_before')(instant, days)) }}
{%- endmacro %}

{% macro default__days_before(instant, days) -%}
    {{ instant }} - interval '{{ 24 * days }} hours'
{%- endmacro %}
