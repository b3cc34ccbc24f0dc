{#-
  "New rows" for the one large dataset, order lines: the same rule as first_known (the row received first wins), but
  only the keys that occur twice are ranked. A window over every line costs several times as much and finds, on
  nearly every day, nothing.
-#}
{% macro first_known_line(relation, parent, happened) -%}
    {#- A line has no instant of its own: it happened when its parent did, which is tested where they are joined. -#}
    with
        known as (
            select * from {{ relation }} where received_on <= {{ run_date() }}
        ),
        repeated as (
            select {{ parent }}, line_number from known group by all having count(*) > 1
        )
    select known.*
    from known
    anti join repeated using ({{ parent }}, line_number)
    union all by name
    select known.*
    from known
    semi join repeated using ({{ parent }}, line_number)
    qualify row_number() over (
        partition by {{ parent }}, line_number order by received_on, source_file, source_line
    ) = 1
{%- endmacro %}
