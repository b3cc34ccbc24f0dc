{#-
  Tables of this project are replaced where they stand, in one transaction: `drop` and `create` together.

  dbt-duckdb's own way (build beside, rename twice, commit, drop the backup, commit) spends a third of a small table's
  time on names. It protects readers of the same file while a table is built; here there are none: the warehouse has one
  writer, and analysts read the published copy. A statement that fails rolls back and leaves the old table.
-#}
{% materialization table, adapter="duckdb", supported_languages=["sql"] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement("main") -%}
        {%- if existing is not none %}
        drop {{ existing.type }} if exists {{ existing }};
        {%- endif %}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
