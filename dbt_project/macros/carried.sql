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
  do not matter; rows whose key is null are never deleted). Where it comes from:
  - Every carried table leaves the keys it has just computed anew for those who read it: `affected_keys(ref('…'))`.
  - With `meta={'compared': [columns]}` it leaves only those for which one of these columns differs from the last run, with
    what each was (`previous_<column>`); with `'all'` those for which anything does. A table that is always built whole
    can be compared as well: so owners, groups of products … reach what hangs on them.
  - What makes its rows together may be another key than a row's own: `meta={'carried_by': [columns]}`. Then these are
    what the query for the affected keys gives, and what `only_affected` filters by.
  - Deliveries: `newly_known(source, …)` gives the rows received since, and those that happened since.
  - Time: what leaves a window (`left_window`), or turns from open to late, between the two days.
  - Customers: whose rows of a table were computed anew, until now and today (`customers_of`); what changes for everybody
    every day stays out of carried tables (macros/fading.sql).

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

{#- Delivered rows that the run may know and the one of `since` could not: received since, or happened since. -#}
{% macro newly_known(relation, happened, since, columns='*') -%}
    select {{ columns }} from {{ relation }}
    where received_on > {{ day_literal(since) }} and {{ known_as_of(happened) }}
    {%- if happened %}
    union all
    select {{ columns }} from {{ relation }}
    where
        received_on <= {{ day_literal(since) }}
        and {{ happened_since(happened, since) }}
    {%- endif %}
{%- endmacro %}

{#- The same where only instants count: between as_of of that day and as_of of this run. -#}
{% macro happened_since(instant, since) -%}
    ({{ instant }} >= {{ local_instant(day_literal(since)) }} and {{ instant }} < {{ as_of() }})
{%- endmacro %}

{#- What was inside a window of so many days before `since` began, and no longer is in this run. -#}
{% macro left_window(instant, days, since) -%}
    (
        {{ instant }} >= {{ local_instant(day_literal(since) ~ ' - ' ~ days) }}
        and {{ instant }} < {{ local_instant(run_date() ~ ' - ' ~ days) }}
    )
{%- endmacro %}

{#- Affected keys (a relation), each with the customers of its rows until now: customers_of asks for them. -#}
{% macro with_former_customers(affected, key) -%}
    select distinct affected.{{ key }}, former.customer_id
    from {{ affected }} as affected
    left join {{ this }} as former using ({{ key }})
{%- endmacro %}

{#- Customers of whom something was computed anew in a carried table: whose it was until now, and whose it is. -#}
{% macro customers_of(relation, key) -%}
    select customer_id from {{ affected_keys(relation) }}
    union all
    select customer_id from {{ relation }} semi join {{ affected_keys(relation) }} using ({{ key }})
{%- endmacro %}

{%- macro day_literal(day) -%} cast('{{ day }}' as date) {%- endmacro %}

{#- Orders, by order_id, of which a line was computed anew in this run. -#}
{% macro orders_of_affected_lines() -%}
    select 'webshop:' || webshop_order_id as order_id
    from {{ affected_keys(ref('stg_webshop__order_lines')) }}
    union all
    select 'pos:' || receipt_id
    from {{ affected_keys(ref('stg_pos__receipt_lines')) }}
{%- endmacro %}
