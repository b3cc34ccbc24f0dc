{#- The gates, their order, and the tests that several of them make. -#}

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

{#- Whether a customer's value is in a journey's audience list; no list means everybody. -#}
{% macro in_audience(value, list) -%}
    ({{ list }} is null or coalesce(list_contains({{ list }}, {{ value }}), false))
{%- endmacro %}

{#- The name of a step's condition where it does not hold, else null. -#}
{% macro failed_condition(name, is_broken) -%}
    case when list_contains(steps.conditions, '{{ name }}') and {{ is_broken }} then '{{ name }}' end
{%- endmacro %}

{#- How many messages a rule allows a customer: fewer for some stages of engagement, where the rule says so. -#}
{% macro messages_allowed(rules, engagement_stage) -%}
    least(
        {{ rules }}.max_messages,
        {{ rules }}.engagement_max_messages[list_position({{ rules }}.engagement_stages, {{ engagement_stage }})]
    )
{%- endmacro %}

{#- How many a rule allows whom it allows fewest. -#}
{% macro fewest_messages_allowed(rules) -%}
    least({{ rules }}.max_messages, list_min({{ rules }}.engagement_max_messages))
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
