{#- Changed rows: which version of a key counts, now or at any instant, and which keys have another one since. -#}

{#-
  "Changed rows": the newest version of each key that the run may know. The version's own instant decides; at the
  same instant the later delivery, then the later line of it. Adds `first_received_on`, the day on which the key
  was first delivered at all: it never changes from run to run, so ids may be founded on it.
-#}
{% macro newest_known(relation, key, changed_at='updated_at') -%}
    with
        {{ repeated_keys(relation, key) }},
        versions as (
            select delivered.*, min(received_on) over (partition by {{ key }}) as first_received_on
            from {{ relation }} as delivered
            semi join repeated using ({{ key }})
            where received_on <= {{ run_date() }}
        ),
        newest_versions as (
            select *
            from versions
            where {{ known_as_of(changed_at) }}
            qualify row_number() over (
                partition by {{ key }}
                order by {{ changed_at }} desc, received_on desc, source_file desc, source_line desc
            ) = 1
        )
    select delivered.*, received_on as first_received_on
    from {{ relation }} as delivered
    anti join repeated using ({{ key }})
    where {{ known_as_of(changed_at) }} and {{ key }} is not null
    union all by name
    select * from newest_versions
{%- endmacro %}

{#-
  "Changed rows" as a history: every version of a key that the run may know, with the time in which it held, half-open
  [valid_from, valid_to): from its own instant to the next version's (null = still); the first one already since the
  key began. Of versions of one instant the one that newest_known takes.
-#}
{% macro known_versions(relation, key, began_at, changed_at='updated_at') -%}
    with
        {{ repeated_keys(relation, key) }},
        versions as (
            select *
            from {{ relation }}
            semi join repeated using ({{ key }})
            where {{ known_as_of(changed_at) }}
            qualify row_number() over (
                partition by {{ key }}, {{ changed_at }}
                order by received_on desc, source_file desc, source_line desc
            ) = 1
        ),
        followed as (
            select
                *,
                lag({{ changed_at }}) over in_order is null as is_first,
                lead({{ changed_at }}) over in_order as valid_to
            from versions
            window in_order as (partition by {{ key }} order by {{ changed_at }})
        ),
        dated as (
            select *
            from followed
            union all by name
            select *, true as is_first
            from {{ relation }}
            anti join repeated using ({{ key }})
            where {{ known_as_of(changed_at) }} and {{ key }} is not null
        )
    select
        *,
        case when is_first then least({{ began_at }}, {{ changed_at }}) else {{ changed_at }} end as valid_from
    from dated
{%- endmacro %}

{#-
  The affected keys for the newest, where the table is carried forward: told since, or told before of something that happened
  only since (`happened`: placed, delivered). `named` is the key as the table has it.
-#}
{% macro versions_since(relation, key, named, happened, since, changed_at='updated_at') -%}
    select {{ key }} as {{ named }}
    from ({{ newly_known(relation, changed_at, since, key) }}) as changed
    union all
    select {{ key }}
    from {{ relation }}
    where received_on <= {{ run_date() }} and {{ happened_since(happened, since) }}
{%- endmacro %}
