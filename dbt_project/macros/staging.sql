{#- What staging models share besides facts that are told once (told_once.sql) and rows that change (versions.sql). -#}

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
