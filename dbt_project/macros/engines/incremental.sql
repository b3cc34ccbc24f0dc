{#-
  Tables to which every run adds its own rows: what the query finds goes straight into the table.

  dbt-duckdb's own way writes the rows to a temporary table first, compares its columns with the table's, and copies them:
  the ledger's widest columns are then written twice a day. What the temporary table is for (keys that are updated) does
  not occur here: an earlier execution's rows are taken out by a pre-hook (macro forget_day), in the same transaction, so
  a statement that fails leaves the table as it was.
-#}
{% materialization incremental, adapter="duckdb", supported_languages=["sql"] %}
    {%- if config.get("incremental_strategy") != "append" -%}
        {{ exceptions.raise_compiler_error("Tables that grow here are appended to: incremental_strategy='append'") }}
    {%- endif -%}
    {%- set existing = load_cached_relation(this) -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- if existing is none or existing.is_view or should_full_refresh() -%}
        {%- set build = replace_table(compiled_code) ~ ";" ~ adapter.dispatch("write_note")(note_of_build(none)) -%}
    {%- else -%}
        {%- do make_room_for_columns(existing, compiled_code) -%}
        {%- set build = "insert into " ~ existing ~ " by name " ~ compiled_code -%}
    {%- endif -%}
    {%- call statement("main") -%} {{ build }} {%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [this.incorporate(type="table")]}) }}
{% endmaterialization %}

{#-
  Columns that the query has and the table has not yet: added, or the run stops (`on_schema_change: fail`). A column that
  the query has no longer keeps its values and gets none. A contract is held against the query, as for any table.
-#}
{% macro make_room_for_columns(table, sql) %}
    {%- if config.get("contract").enforced -%} {%- do get_assert_columns_equivalent(sql) -%} {%- endif -%}
    {%- set known = adapter.get_columns_in_relation(table) | map(attribute="name") | list -%}
    {%- set missing = get_column_schema_from_query(sql) | rejectattr("name", "in", known) | list -%}
    {%- if missing and config.get("on_schema_change") != "append_new_columns" -%}
        {{ exceptions.raise_compiler_error(table ~ " has no " ~ missing | map(attribute="name") | join(", ")) }}
    {%- endif -%}
    {%- do alter_relation_add_remove_columns(table, missing, none) if missing -%}
{% endmacro %}
