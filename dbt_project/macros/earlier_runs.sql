{#- What runs before this one decided and handed off. -#}

{#-
  The ledger as it stood before this run, or none on a new warehouse. Not a ref(): the ledger is made from the models
  that ask, so they may only read the rows of other runs (or of an earlier execution of this one).
-#}
{% macro earlier_ledger() -%}
    {{ return(adapter.get_relation(target.database, 'marts', 'fct_contact_decisions') if execute else none) }}
{%- endmacro %}

{#- as_of of the run before this one: of the newest earlier run_date in the ledger, else of the day before. -#}
{% macro previous_as_of() -%}
    {%- set ledger = earlier_ledger() -%}
    {%- if ledger is none -%}
    {{ local_instant(run_date() ~ ' - 1') }}
    {%- else -%}
    {{ local_instant(
        "coalesce((select max(run_date) from " ~ ledger ~ " where run_date < " ~ run_date() ~ "), "
        ~ run_date() ~ " - 1)"
    ) }}
    {%- endif -%}
{%- endmacro %}

{#- States of the outbox that count as sent: from SENDING on, the unknown ones too. -#}
{% macro counts_as_sent(state) -%}
    {{ state }} in ('SENDING', 'ACCEPTED', 'UNKNOWN', 'DELIVERED', 'BOUNCED', 'COMPLAINED', 'QUARANTINED')
{%- endmacro %}

{#-
  Handed off before this run: by the run of an earlier day (even if that ran late and its messages left after as_of),
  or by any other run before as_of. Messages of this very run_date are no history: they are fixed rows.
-#}
{% macro handed_off_before() -%}
    (run_date < {{ run_date() }} or (run_date > {{ run_date() }} and sent_at < {{ as_of() }}))
{%- endmacro %}
