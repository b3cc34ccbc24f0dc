{#- What staging models share: what a run knows of a source, which delivered row of a key counts, and amounts. -#}

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
  "New rows": a fact is told once. If its key comes again, the row received first wins, so that a repeated or
  altered delivery changes nothing that was decided. `keys` is the key, comma-separated if it has several columns.
  A line has no instant of its own (`happened` none): it happened when its parent did, which is tested where they
  are joined.
-#}
{% macro first_known(relation, keys, happened, since=none) -%}
    {%- if since -%} {{ return(first_known_since(relation, keys, happened, since)) }} {%- endif -%}
    {%- set is_known = known_as_of(happened) if happened is not none else 'received_on <= ' ~ run_date() %}
    with
        {{ repeated_keys(relation, keys) }},
        first_told as (
            select delivered.*
            from {{ relation }} as delivered
            semi join repeated using ({{ keys }})
            where {{ is_known }}
            qualify row_number() over (
                partition by {{ keys }}
                order by received_on, source_file, source_line
            ) = 1
        )
    select delivered.*
    from {{ relation }} as delivered
    anti join repeated using ({{ keys }})
    where {{ is_known }}
    union all by name
    select * from first_told
{%- endmacro %}

{#-
  The same for a carried table with that key: what was told since is added. Delivered history is only read again for keys
  that were told before or more than once, where another row may be the first one now.
-#}
{% macro first_known_since(relation, keys, happened, since) -%}
    {%- set is_known = known_as_of(happened) if happened is not none else 'received_on <= ' ~ run_date() %}
    select fresh.*
    from ({{ newly_known(relation, happened, since) }}) as fresh
    anti join (from {{ affected_keys(this) }} where is_repeated) as repeated using ({{ keys }})
    union all by name
    (
        select delivered.*
        from {{ relation }} as delivered
        semi join (from {{ affected_keys(this) }} where is_repeated) as repeated using ({{ keys }})
        where {{ is_known }}
        qualify row_number() over (
            partition by {{ keys }}
            order by received_on, source_file, source_line
        ) = 1
    )
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

{#- Web events of a bounded window, each message once: of repeated deliveries the one received first. -#}
{% macro first_delivered(events) -%}
    with repeated as (select message_id from {{ events }} group by message_id having count(*) > 1)
    select *
    from {{ events }}
    anti join repeated using (message_id)
    union all
    select *
    from {{ events }}
    semi join repeated using (message_id)
    qualify row_number() over (partition by message_id order by received_on, occurred_at, source_line) = 1
{%- endmacro %}

{#-
  Keys that were received more than once: only their rows have to be ranked. A window over every delivered row
  costs several times as much, every day, to find the few that were told twice.
-#}
{% macro repeated_keys(relation, keys) -%}
    repeated as (
        select {{ keys }}
        from {{ relation }}
        where received_on <= {{ run_date() }}
        group by {{ keys }}
        having count(*) > 1
    )
{%- endmacro %}

{#- "Whole table": every row of the newest delivery received on or before run_date. -#}
{% macro newest_delivery(relation) -%}
    select *
    from {{ relation }}
    where received_on = (select max(received_on) from {{ relation }} where received_on <= {{ run_date() }})
{%- endmacro %}

{#- An amount in the major unit as integer minor units (øre, cents). -#}
{% macro to_minor(amount) -%}
    cast(round(cast({{ amount }} as decimal(18, 4)) * 100) as bigint)
{%- endmacro %}
