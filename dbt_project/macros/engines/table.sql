{#-
  Tables of this project are replaced where they stand, in one transaction: `drop` and `create` together.

  dbt-duckdb's own way (build beside, rename twice, commit, drop the backup, commit) spends a third of a small table's
  time on names. It protects readers of the same file while a table is built; here there are none: the warehouse has one
  writer, and analysts read the published copy. A statement that fails rolls back and leaves the old table. Only what is
  compared with the old table is built beside it.

  A table with a `unique_key` is carried forward from an earlier day where it can be (macros/carried.sql).
-#}
{% materialization table, adapter="duckdb", supported_languages=["sql"] %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call statement("main") -%}
        {{ carry_table(compiled_code) if config.get('unique_key') else replace_table(compiled_code) }}
    {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [this.incorporate(type="table")]}) }}
{% endmaterialization %}

{#- `before_dropped`: what has to see the old table and the new one, whose name it is given. -#}
{% macro replace_table(sql, before_dropped=none) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="table") -%}
    {%- if existing is not none and before_dropped %}
    {%- set beside = make_intermediate_relation(target) %}
    drop table if exists {{ beside }};
    {{ create_table_as(False, beside, sql) }};
    {{ before_dropped(existing, beside) }};
    drop table {{ existing }};
    alter table {{ beside }} rename to {{ target.identifier }}
    {%- else %}
    {%- if existing is not none %}
    drop {{ existing.type }} if exists {{ existing }};
    {%- endif %}
    {{ create_table_as(False, target, sql) }}
    {%- endif %}
{% endmacro %}
