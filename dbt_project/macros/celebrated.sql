{#-
  Days with the month and day under which what is celebrated on them is written down: 29 February belongs to
  28 February in years without one. `days` is a relation, `day` its column.
-#}
{% macro celebrated(days, day) -%}
    select *, month({{ day }}) as celebrated_month, day({{ day }}) as celebrated_day
    from {{ days }}
    union all
    select *, 2, 29
    from {{ days }}
    where month({{ day }}) = 2 and day({{ day }}) = 28 and day(last_day({{ day }})) = 28
{%- endmacro %}
