{#-
  Tables that are carried forward: a day more costs what changed, not what there is.

  A table with a `unique_key` in its configuration is built whole as any table is; a later run keeps its rows,
  except those of the **affected keys**: they are deleted and computed anew. The rule is that this gives the very table
  that a whole build gives; tests/dbt/carried holds every such table to it, day by day. How to write one:

      {{ config(unique_key='order_id') }}
      {% set since = carried_from([ref('stg_a'), ref('int_b')]) %}
      {%- if since %}
          select order_id from {{ affected_keys(ref('stg_a')) }}
          union all
          select order_id from …
          {{ carried_mark() }}
      {%- endif %}
      with orders as (select * from {{ ref('stg_a') }} {{ only_affected(since, 'order_id') }}), …

  What is affected is whatever can make a row appear, change or go (too many keys cost time, one too few is wrong; repeats
  do not matter; rows whose key is null are never deleted):
  - Every carried table leaves the keys it has just computed anew for those who read it: `affected_keys(ref('…'))`.
  - With `meta={'compared': [columns]}` it leaves only those for which one of these columns differs from the last run, with
    what each was (`previous_<column>`); with `'all'` those for which anything does. A table that is always built whole
    can be compared as well: so owners, groups of products … reach what hangs on them.
  - Deliveries, time and customers affect rows as well: macros/affected.sql and macros/affected_customers.sql find their keys.
  What makes its rows together may be another key than a row's own: `meta={'carried_by': [columns]}`. Then these are what
  the query for the affected keys gives, and what `only_affected` filters by.

  `carried_from([…])` is the run_date up to which the table stands, or none if it is to be built whole: on a new warehouse;
  for an earlier day (a replay); after a change of the project's files or variables; when a raw file of an earlier
  delivery was replaced, added or rewritten to forget somebody; when one of the named tables was built whole; with
  --full-refresh; and whenever dbt was not started by the program (which says in the variable `carried` what the project
  and the deliveries are: orchestration/carried.py).
-#}
{% macro carried_from(read=[]) -%}
    {%- if not execute or should_full_refresh() or not var('carried') -%} {{ return(none) }} {%- endif -%}
    {%- set notes = adapter.dispatch('notes_on_tables')() -%}
    {%- set own = notes.get(table_name(this), '').split(' ') -%}
    {%- set stands_at = own[0] -%}
    {#- Of later days than its own the program says nothing: a replay of an earlier day is built whole. -#}
    {%- if own[:3] | join(' ') != built_from(stands_at) -%} {{ return(none) }} {%- endif -%}
    {%- for relation in read -%}
        {%- set told = notes.get(table_name(relation), '').split(' ') -%}
        {%- if told[:3] | join(' ') != built_from(var('run_date')) or not told[3:] or told[3] > stands_at -%}
            {{ return(none) }}
        {%- endif -%}
    {%- endfor -%}
    {{ return(stands_at) }}
{%- endmacro %}

{#- Day, project and deliveries up to that day; none where the program has not said what they are. -#}
{% macro built_from(day) -%}
    {%- set received = var('carried').get('received', {}).get(day) -%}
    {{ return(day ~ ' ' ~ var('carried')['project'] ~ ' ' ~ received if received else none) }}
{%- endmacro %}

{#- Beside what it was built from, from which day on it has left its affected keys; none when it was built whole. -#}
{% macro note_of_build(since) -%}
    {%- set built = built_from(var('run_date')) if var('carried') else none -%}
    {{ return(built ~ ' ' ~ since if built and since else built) }}
{%- endmacro %}

{%- macro table_name(relation) -%} {{ return(relation.schema ~ '.' ~ relation.identifier) }} {%- endmacro %}

{#- Stands between the query for the affected keys and the model itself. -#}
{% macro carried_mark() -%} /* the rows of these keys: */ {%- endmacro %}

{% macro carried_key() -%}
    {%- set key = config.require('unique_key') -%}
    {{ return([key] if key is string else key) }}
{%- endmacro %}

{#- What is affected, deleted and computed anew together: one row, if the model does not say otherwise. -#}
{% macro carried_by() -%}
    {{ return(config.get('meta', {}).get('carried_by') or carried_key()) }}
{%- endmacro %}

{#- The keys that a carried table has computed anew in this run, as a relation with (at least) the columns of its key.
    In the schema that every warehouse has: models of four threads cannot make one of their own. -#}
{% macro affected_keys(relation) -%} main.{{ relation.identifier }}__affected {%- endmacro %}

{#- For the end of a `from` clause. -#}
{% macro only_affected(since, key) -%}
    {% if since -%} semi join {{ affected_keys(this) }} using ({{ key }}) {%- endif %}
{%- endmacro %}

{#- The rows of a relation that bear an affected key; all of them where the table is built whole. -#}
{% macro affected_rows(relation, key, since, named=none) -%}
    {%- if not since -%} {{ return(relation) }} {%- endif -%}
    (
        select * from {{ relation }}
        where {{ key }} in (select {{ named or key }} from {{ affected_keys(this) }})
    )
{%- endmacro %}
