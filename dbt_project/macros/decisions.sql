{#- What the decision models share: the run before this one, what counts as sent, keys of touches, evidence. -#}

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

{#-
  Ids that are no longer in use and the id they became. The other ids are their own, so leaving them out keeps the join
  small; whoever joins this falls back on the id itself.
-#}
{% macro past_ids() -%}
    select past_customer_id, customer_id from {{ ref('int_identity__aliases') }} where past_customer_id <> customer_id
{%- endmacro %}

{#- A touch within its customer: one step of one journey for one anchor, whatever its channels. -#}
{% macro touch_key(journey, step, anchor) -%}
    concat_ws(chr(31), {{ journey }}, {{ step }}, {{ anchor }})
{%- endmacro %}

{#-
  What ALREADY_SENT compares: the anchor, except that somebody joins once. Two club records that turn out to be one
  person leave one of two member ids in the anchor, and must not welcome that person again.
-#}
{% macro sent_once_key(anchor) -%}
    case when starts_with({{ anchor }}, 'date:joined:') then 'date:joined' else {{ anchor }} end
{%- endmacro %}

{#- A touch in the world: the message id without its channel. -#}
{% macro touch_id(journey, step, anchor, customer_id) -%}
    substr(sha256(concat_ws(chr(31), 'v1', '{{ var("tenant") }}', {{ journey }}, {{ step }}, {{ anchor }}, {{ customer_id }})), 1, 32)
{%- endmacro %}

{#- One entry of an evidence document; nothing where the value is null, so that only what was found is written. -#}
{% macro evidence_entry(name, value) -%}
    '"{{ name }}":' || cast(to_json({{ value }}) as varchar)
{%- endmacro %}

{#- The gates in their order: the one list from which the ledger takes reason and failed_gates. -#}
{% macro gates() -%}
    {{ return([
        'erased', 'no_address', 'address_suppressed', 'no_permission', 'wrong_audience', 'already_sent', 'expired',
        'goal_reached', 'condition_failed', 'open_service_case', 'offer_guard', 'nothing_to_say', 'holdout', 'paused',
        'quarantined', 'reserved', 'outranked', 'duplicate_address', 'outside_window',
    ]) }}
{%- endmacro %}

{#- True when none of the gates from position `first` to `last` (1-based, both included) fails. -#}
{% macro passes_gates(first, last, relation=none) -%}
    {%- set prefix = relation ~ '.' if relation else '' -%}
    not (
    {%- for gate in gates()[first - 1:last] %}
        {{ 'or ' if not loop.first }}{{ prefix }}fails_{{ gate }}
    {%- endfor %}
    )
{%- endmacro %}

{#- The names of the failed gates, in their order. -#}
{% macro failed_gates() -%}
    list_filter([
    {%- for gate in gates() %}
        case when fails_{{ gate }} then '{{ gate | upper }}' end{{ ',' if not loop.last }}
    {%- endfor %}
    ], lambda gate: gate is not null)
{%- endmacro %}

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

{#- Whether a customer's value is in a journey's audience list; no list means everybody. -#}
{% macro in_audience(value, list) -%}
    ({{ list }} is null or coalesce(list_contains({{ list }}, {{ value }}), false))
{%- endmacro %}

{#- The name of a step's condition where it does not hold, else null. -#}
{% macro failed_condition(name, is_broken) -%}
    case when list_contains(steps.conditions, '{{ name }}') and {{ is_broken }} then '{{ name }}' end
{%- endmacro %}

{#-
  The salts whose bucket matters to a row of a journey: universal holdout, the journey's own, its experiment. Yields
  rows (journey, salt, kind, n_holdout) from the templates.
-#}
{% macro journey_salts(journeys, experiments, settings) -%}
    select journey, 'holdout:' || {{ settings }}.holdout_epoch as salt, 'universal' as kind, {{ settings }}.holdout_buckets as n_holdout
    from {{ journeys }}
    cross join {{ settings }}
    where class <> 'service' and {{ settings }}.holdout_buckets > 0
    union all
    select journey, journey as salt, 'journey' as kind, holdout_buckets as n_holdout
    from {{ journeys }}
    where class <> 'service' and holdout_buckets > 0
    union all
    -- One experiment at a time per journey: the first by name.
    select journey, min(experiment) as salt, 'experiment' as kind, 0 as n_holdout
    from {{ experiments }}
    group by journey
{%- endmacro %}

{#- A blocking rule leaves no permitted instant of run_date (in int_decisions__policy). -#}
{% macro is_rule_broken() -%}
    case
        when timed.is_open and timed.earliest_at < timed.closes_at then blocked.free_at >= timed.closes_at
        else blocked.free_at >= {{ next_as_of() }}
    end
{%- endmacro %}

{#- An instant that no run reaches, for who wants no message at all. -#}
{% macro never_again(condition) -%}
    case when {{ condition }} then timestamptz '9999-01-01 00:00:00+00' end
{%- endmacro %}
