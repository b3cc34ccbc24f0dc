{#- How an engine carries a table forward; macros/carried.sql says what that is. -#}

{% macro carry_table(sql) %}
    {%- set parts = sql.split(carried_mark()) -%}
    {%- set compared = config.get('meta', {}).get('compared') -%}
    {%- set since = carried_from() if compared or parts | length == 2 else none -%}
    {%- if parts | length == 2 -%}
    {{ replace_keys(parts[0], parts[1]) }}
    {%- elif since -%}
    {{ replace_table(sql, before_dropped=keep_what_differs) }}
    {%- else -%}
    {{ replace_table(sql) }}
    {%- endif -%};
    {{ adapter.dispatch('write_note')(note_of_build(since)) }}
{% endmacro %}

{#- Of the rows that were computed anew, those that differ are left for who reads the table, where it says what is compared. -#}
{% macro replace_keys(affected, rows) %}
    create or replace table {{ affected_keys(this) }} as {{ affected }};
    {%- if config.get('meta', {}).get('compared') %}
    {{ replace_and_compare(rows) }}
    {%- else %}
    delete from {{ this }} as kept using {{ affected_keys(this) }} as affected
    where {% for key in carried_by() -%}
        kept.{{ key }} = affected.{{ key }}{{ " and " if not loop.last }}
    {%- endfor %};
    insert into {{ this }} by name {{ rows }}
    {%- endif %}
{% endmacro %}

{#- The table is looked through once: its rows of before are deleted by their place, and the new ones compared as they came. -#}
{% macro replace_and_compare(rows) %}
    {%- set before, after = this.identifier ~ '__before', this.identifier ~ '__after' %}
    create or replace temp table {{ before }} as
    select rowid as place, * from {{ this }} {{ only_affected(true, carried_by() | join(', ')) }};
    delete from {{ this }} where rowid in (select place from {{ before }});
    create or replace temp table {{ after }} as from {{ this }} limit 0;
    insert into {{ after }} by name {{ rows }};
    insert into {{ this }} from {{ after }};
    {{ keep_what_differs('(select * exclude (place) from ' ~ before ~ ')', after) }};
    drop table {{ before }};
    drop table {{ after }}
{% endmacro %}

{#- Rows that came or went differ, even where all that is compared is null. -#}
{% macro keep_what_differs(before, after) %}
    {%- set key, compared = carried_key() | join(', '), config.get('meta')['compared'] %}
    create or replace table {{ affected_keys(this) }} as
    {%- if compared == 'all' %}
    select {{ key }} from (from {{ before }} except from {{ after }})
    union
    select {{ key }} from (from {{ after }} except from {{ before }})
    {%- else %}
    {%- set columns = key ~ ', true as is_there, ' ~ compared | join(', ') %}
    select {{ key }}, {% for column in compared -%}
        before.{{ column }} as previous_{{ column }}{{ ", " if not loop.last }}
    {%- endfor %}
    from (select {{ columns }} from {{ before }}) as before
    full join (select {{ columns }} from {{ after }}) as after using ({{ key }})
    where {% for column in ['is_there'] + compared -%}
        before.{{ column }} is distinct from after.{{ column }}{{ " or " if not loop.last }}
    {%- endfor %}
    {%- endif %}
{% endmacro %}

{#- A note is a comment on the table: it comes and goes with the table's rows, in the same transaction. -#}
{% macro default__notes_on_tables() %}
    {%- set notes = {} -%}
    {%- for row in run_query(
        "select schema_name || '.' || table_name, comment from duckdb_tables() where comment is not null"
    ) -%}
        {%- do notes.update({row[0]: row[1]}) -%}
    {%- endfor -%}
    {{ return(notes) }}
{% endmacro %}

{% macro default__write_note(note) %}
    comment on table {{ this }} is {{ "'" ~ note ~ "'" if note else 'null' }}
{% endmacro %}
