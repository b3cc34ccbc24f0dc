{#-
  The one place for "which day", "until when" and "what was known" (rules of time).
  run_date: local day whose messages are decided. as_of: its 00:00 local, as an instant.
-#}

{% macro run_date() -%}
    cast('{{ var("run_date") }}' as date)
{%- endmacro %}

{#- The instant of a local time on a local day. Both arguments are SQL expressions; the time zone may be one, too. -#}
{% macro local_instant(day, time="time '00:00:00'", zone=none) -%}
    {{ return(adapter.dispatch('local_instant')(day, time, zone)) }}
{%- endmacro %}

{% macro as_of() -%}
    {{ local_instant(run_date()) }}
{%- endmacro %}

{% macro next_as_of() -%}
    {{ local_instant(run_date() ~ ' + 1') }}
{%- endmacro %}

{#- Before run_date has begun anywhere: in a zone east of the retailer its hours begin up to a day earlier. -#}
{% macro earliest_start_of_day() -%}
    ({{ as_of() }} - to_seconds(86400))
{%- endmacro %}

{#- The local day of an instant. -#}
{% macro local_day(instant, zone=none) -%}
    {{ return(adapter.dispatch('local_day')(instant, zone)) }}
{%- endmacro %}

{#- The local time of day of an instant. -#}
{% macro local_time(instant, zone=none) -%}
    {{ return(adapter.dispatch('local_time')(instant, zone)) }}
{%- endmacro %}

{#-
  A run sees a fact only if it happened before as_of and was received on or before run_date. Used once per
  source, in staging. `happened` is the SQL expression of the fact's instant; none for what has no instant of its own.
-#}
{% macro known_as_of(happened, received='received_on') -%}
    ({{ received }} <= {{ run_date() }} {%- if happened is not none %} and {{ happened }} < {{ as_of() }} {%- endif %})
{%- endmacro %}

{#-
  The other side of known_as_of: delivered in time, but happened at or after as_of. No decision may see it; a
  withdrawal of this kind still stops a message at the hand-off.
-#}
{% macro received_but_after_as_of(happened, received='received_on') -%}
    ({{ received }} <= {{ run_date() }} and {{ happened }} >= {{ as_of() }})
{%- endmacro %}

{#- Days (as a fraction) from an instant to as_of. -#}
{% macro age_days(instant) -%}
    (({{ epoch_milliseconds(as_of()) }} - {{ epoch_milliseconds(instant) }}) / 86400000.0)
{%- endmacro %}

{#-
  Was the row valid at the instant? `valid_from` and `valid_to` null = since ever, for ever; half-open. Written as plain
  comparisons: with an `or … is null` a left join compares every row with every row.
-#}
{% macro is_valid_at(rows, instant) -%}
    coalesce({{ rows }}.valid_from, timestamptz '-infinity') <= {{ instant }}
    and coalesce({{ rows }}.valid_to, timestamptz 'infinity') > {{ instant }}
{%- endmacro %}
