{#- The hand-off's tables have the same columns: messages of every day, and the log as it stood when the run began. -#}

{% macro outbox_rows(relation) -%}
    {%- set columns = [
        ('message_id', 'varchar'), ('run_date', 'date'), ('customer_id', 'varchar'), ('journey', 'varchar'),
        ('step', 'varchar'), ('channel', 'varchar'), ('class', 'varchar'), ('anchor', 'varchar'),
        ('experiment', 'varchar'), ('variant', 'varchar'), ('state', 'varchar'), ('reason', 'varchar'),
        ('batch_id', 'varchar'), ('send_at', 'timestamptz'), ('sent_at', 'timestamptz'),
        ('expires_at', 'timestamptz'), ('permission_basis', 'varchar'), ('permission_id', 'varchar'),
        ('address_key', 'varchar'), ('policy_version', 'varchar'),
    ] -%}
    select
    {%- for name, type in columns %}
        cast({{ name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
    from {{ relation }}
{%- endmacro %}

{#- What the hand-off's tables say in place of an erased customer's id (NOBODY of assets/privacy/handed_off.py). -#}
{% macro erased_customer() -%} 'erased' {%- endmacro %}
