{#- What staging models share: what a run knows of a source, and which delivered row of a key counts. -#}

{#-
  "Changed rows": the newest version of each key that the run may know. The version's own instant decides; at the
  same instant the later delivery, then the later line of it. Adds `first_received_on`, the day on which the key
  was first delivered at all: it never changes from run to run, so ids may be founded on it.
-#}
{% macro newest_known(relation, key, changed_at='updated_at') -%}
    select *
    from (
        select *, min(received_on) over (partition by {{ key }}) as first_received_on
        from {{ relation }}
        where received_on <= {{ run_date() }} and {{ key }} is not null
    ) as received
    where {{ known_as_of(changed_at) }}
    qualify row_number() over (
        partition by {{ key }}
        order by {{ changed_at }} desc, received_on desc, source_file desc, source_line desc
    ) = 1
{%- endmacro %}

{#-
  "New rows": a fact is told once. If its key comes again, the row received first wins, so that a repeated or
  altered delivery changes nothing that was decided. `keys` is the key, comma-separated if it has several columns.
-#}
{% macro first_known(relation, keys, happened) -%}
    select *
    from {{ relation }}
    where {{ known_as_of(happened) }}
    qualify row_number() over (
        partition by {{ keys }}
        order by received_on, source_file, source_line
    ) = 1
{%- endmacro %}

{#- "Whole table": every row of the newest delivery received on or before run_date. -#}
{% macro newest_delivery(relation) -%}
    select *
    from {{ relation }}
    where received_on = (select max(received_on) from {{ relation }} where received_on <= {{ run_date() }})
{%- endmacro %}
