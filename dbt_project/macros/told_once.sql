{#- Facts that are told once: which delivered row counts when a key comes again. -#}

{#-
  "New rows": a fact is told once. If its key comes again, the row received first wins, so that a repeated or
  altered delivery changes nothing that was decided. `keys` is the key, comma-separated if it has several columns.
  A line has no instant of its own (`happened` none): it happened when its parent did, which is tested where they
  are joined.
-#}
{% macro first_known(relation, keys, happened, since=none) -%}
    {%- if since -%} {{ return(first_known_since(relation, keys, happened, since)) }} {%- endif -%}
    with
        {{ repeated_keys(relation, keys) }},
        first_told as ({{ first_of_repeated(relation, keys, happened, 'repeated') | indent(8) }})
    select delivered.*
    from {{ relation }} as delivered
    anti join repeated using ({{ keys }})
    where {{ known_as_of(happened) }}
    union all by name
    select * from first_told
{%- endmacro %}

{#-
  The same for a carried table with that key: what was told since is added. Delivered history is only read again for keys
  that were told before or more than once, where another row may be the first one now.
-#}
{% macro first_known_since(relation, keys, happened, since) -%}
    {%- set repeated = '(from ' ~ affected_keys(this) ~ ' where is_repeated) as repeated' %}
    select fresh.*
    from ({{ newly_known(relation, happened, since) }}) as fresh
    anti join {{ repeated }} using ({{ keys }})
    union all by name
    ({{ first_of_repeated(relation, keys, happened, repeated) }})
{%- endmacro %}

{#- Of each key in `repeated` (a relation with its columns) the row received first. -#}
{% macro first_of_repeated(relation, keys, happened, repeated) -%}
    select delivered.*
    from {{ relation }} as delivered
    semi join {{ repeated }} using ({{ keys }})
    where {{ known_as_of(happened) }}
    qualify row_number() over (
        partition by {{ keys }}
        order by received_on, source_file, source_line
    ) = 1
{%- endmacro %}

{#- The affected keys for that. -#}
{% macro told_since(relation, keys, happened, since) -%}
    with
        told as (
            select {{ keys }}, count(*) > 1 as is_repeated
            from ({{ newly_known(relation, happened, since, columns=keys) }}) as fresh
            group by {{ keys }}
        ),
        told_before as (select {{ keys }}, true as is_known from {{ this }} semi join told using ({{ keys }}))
    select told.* replace (told.is_repeated or coalesce(told_before.is_known, false) as is_repeated)
    from told
    left join told_before using ({{ keys }})
{%- endmacro %}
