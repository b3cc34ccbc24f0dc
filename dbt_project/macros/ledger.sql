{#- What the decision ledger is written with: its columns, and the evidence in it. -#}

{#- The ledger's columns in order, taken from a relation; typed nulls where there is no ledger yet. -#}
{% macro ledger_columns(relation, is_missing=false) -%}
    {%- set columns = [
        ('run_date', 'date'), ('message_id', 'varchar'), ('customer_id', 'varchar'), ('journey', 'varchar'),
        ('step', 'varchar'), ('channel', 'varchar'), ('class', 'varchar'), ('anchor', 'varchar'),
        ('branch', 'varchar'), ('priority', 'integer'), ('due_at', 'timestamptz'), ('expires_at', 'timestamptz'),
        ('decision', 'varchar'), ('reason', 'varchar'), ('failed_gates', 'varchar[]'),
        ('winner_message_id', 'varchar'), ('quarantine_rule', 'varchar'), ('experiment', 'varchar'),
        ('variant', 'varchar'), ('permission_basis', 'varchar'), ('permission_id', 'varchar'),
        ('send_at', 'timestamptz'), ('evidence', 'varchar'), ('policy_version', 'varchar'), ('touch_id', 'varchar'),
        ('received_on_max', 'date'),
    ] -%}
    {%- for name, type in columns %}
        {{ 'cast(null as ' ~ type ~ ') as ' ~ name if is_missing and name != 'message_id' else relation ~ '.' ~ name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- One entry of an evidence document; nothing where the value is null, so that only what was found is written. -#}
{% macro evidence_entry(name, value) -%}
    '"{{ name }}":' || cast(to_json({{ value }}) as varchar)
{%- endmacro %}
