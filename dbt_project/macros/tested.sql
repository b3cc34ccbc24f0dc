{#-
  Key tests of tables that are carried forward (macros/carried.sql), or that grow by whole days (grown_since_tested). A
  row that was computed anew may break a key, alone or together with a row that stayed; rows that stayed and were tested
  cannot. So such a test looks at the keys of the rows that this run computed, and at everything that bears the same keys.

  The whole table is tested: when it was built whole; when the tests of the state it was carried from did not all pass, or did
  not run (orchestration/tested.py keeps which did); when rows are compared (meta `compared`), because a second row that
  equals the first is no difference; and whenever dbt was not started by the program.
-#}

{#- For a `from` clause: the rows of `model` (a relation) in which a mistake among the values of `columns` can lie. -#}
{% macro rows_to_test(model, columns) -%}
    {%- set grown = grown_since_tested(model) -%}
    {%- if grown and grown.by in columns -%}
        {{ return("(select * from " ~ model ~ " where " ~ grown.by ~ " > " ~ day_literal(grown.since)
            ~ " or " ~ grown.by ~ " = " ~ run_date() ~ ")") }}
    {%- endif -%}
    {%- set keys = keys_if_only_affected(model) -%}
    {%- if not keys -%} {{ return(model) }} {%- endif -%}
    (
        select tested.*
        from {{ model }} as tested
        semi join (
            select {{ columns | join(', ') }} from {{ model }}
            semi join {{ affected_keys(model) }} using ({{ keys | join(', ') }})
        ) as anew
        on {% for column in columns -%}
            tested.{{ column }} is not distinct from anew.{{ column }}{{ ' and ' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{#-
  Tables to which a run adds the rows of whole days, its own made again, and leaves all others alone (meta `grows_by`: the
  column of the day): that column, and the day of the run after which all tests had passed. None if that is not known, if the
  table was made from nothing since (its note says when), or for a replay of an earlier day, which may add days before it.
-#}
{% macro grown_since_tested(model) -%}
    {%- set passed = state_that_passed(model) -%}
    {%- if not passed -%} {{ return(none) }} {%- endif -%}
    {%- set by, since, today = model_config(model).meta.get('grows_by'), passed.split(' ')[0], var('run_date') | string -%}
    {%- if not by or passed != built_from(since) or since > today -%} {{ return(none) }} {%- endif -%}
    {%- set made_on = adapter.dispatch('notes_on_tables')().get(table_name(model), '').split(' ')[0] -%}
    {%- if not made_on or made_on > since or made_on >= today -%} {{ return(none) }} {%- endif -%}
    {{ return({'by': by, 'since': since}) }}
{%- endmacro %}

{#- What a table was built from when all its tests had passed; none if that is not known. -#}
{% macro state_that_passed(model) -%}
    {#- A test with a `where` of its own reads a subquery. -#}
    {%- if not execute or not var('carried') or model is string -%} {{ return(none) }} {%- endif -%}
    {{ return(var('carried').get('tested', {}).get(table_name(model))) }}
{%- endmacro %}

{%- macro model_config(model) -%}
    {{ return((graph.nodes.values() | selectattr('relation_name', 'equalto', model | string) | first).config) }}
{%- endmacro %}

{#- The columns by which `model` was carried forward from a state whose tests have passed; none otherwise. -#}
{% macro keys_if_only_affected(model) -%}
    {%- set passed = state_that_passed(model) -%}
    {%- if not passed -%} {{ return(none) }} {%- endif -%}
    {%- set told = adapter.dispatch('notes_on_tables')().get(table_name(model), '').split(' ') -%}
    {%- if told[:3] | join(' ') != built_from(var('run_date')) or not told[3:] or built_from(told[3]) != passed -%}
        {{ return(none) }}
    {%- endif -%}
    {%- set config = model_config(model) -%}
    {%- if config.meta.get('compared') -%} {{ return(none) }} {%- endif -%}
    {%- set key = config.meta.get('carried_by') or config.unique_key -%}
    {{ return([key] if key is string else key) }}
{%- endmacro %}
