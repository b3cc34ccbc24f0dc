{#-
  Tables of this project are replaced where they stand, in one transaction: `drop` and `create` together.

  dbt-duckdb's own way (build beside, rename twice, commit, drop the backup, commit) spends a third of a small table's
  time on names. It protects readers of the same file while a table is built; here there are none: the warehouse has one
  writer, and analysts read the published copy. A statement that fails rolls back and leaves the old table. Only a model
  that reads its own table as it stands (macro as_it_stands) is built beside it.
-#}
{% materialization table, adapter="duckdb", supported_languages=["sql"] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set reads_itself = existing is not none and existing | string in compiled_code -%}
    {% call statement("main") -%}
        {%- if reads_itself %}
        {%- set beside = make_intermediate_relation(target) %}
        drop table if exists {{ beside }};
        {{ create_table_as(False, beside, compiled_code) }};
        drop table {{ existing }};
        alter table {{ beside }} rename to {{ target.identifier }};
        {%- else %}
        {%- if existing is not none %}
        drop {{ existing.type }} if exists {{ existing }};
        {%- endif %}
        {{ create_table_as(False, target, compiled_code) }}
        {%- endif %}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
