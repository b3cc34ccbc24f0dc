{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        pre_hook="{{ forget_day() }}"
    )
}}

-- The decision ledger. The day is replaced as a whole (a day that came out empty, too, which a delete by
-- the new rows' keys would miss), except for what has been handed off since: those rows stay as they were
-- written.
with
    arbitration as (select * from {{ ref('int_decisions__arbitration') }}),

    handed_off as (select * from {{ ref('int_decisions__handed_off') }} where is_fixed),

    fixed_rows as (select * from {{ ref('int_decisions__fixed_rows') }}),

    reasons as (select * from {{ ref('decision_reasons') }}),

    settings as (select * from {{ ref('stg_templates__policy_settings') }}),

    judged as (
        -- A message that is gone, but whose row is not in the ledger (the warehouse was rebuilt), was a send.
        select *, case when fixed_message_id is null then {{ failed_gates() }} else [] end as failed_gates
        from arbitration
    ),

    computed as (
        select
            {{ run_date() }} as run_date,
            coalesce(judged.fixed_message_id, judged.message_id) as message_id,
            coalesce(handed_off.sent_customer_id, judged.customer_id) as customer_id,
            judged.journey,
            judged.step,
            judged.channel,
            judged.class,
            judged.anchor,
            judged.branch,
            judged.priority,
            judged.due_at,
            judged.expires_at,
            coalesce(reasons.decision, 'send') as decision,
            judged.failed_gates[1] as reason,
            judged.failed_gates,
            case
                when judged.failed_gates[1] = 'OUTRANKED' then judged.winner_message_id
            end as winner_message_id,
            case when judged.fails_quarantined then judged.broken_rules[1] end as quarantine_rule,
            coalesce(handed_off.experiment, judged.experiment) as experiment,
            case
                when handed_off.message_id is null then judged.variant else handed_off.variant
            end as variant,
            coalesce(handed_off.permission_basis, judged.permission_basis) as permission_basis,
            coalesce(handed_off.permission_id, judged.permission_id) as permission_id,
            case
                when judged.failed_gates[1] is null then coalesce(handed_off.send_at, judged.possible_at)
            end as send_at,
            '{' || concat_ws(
                ',',
                '"trigger":' || judged.evidence,
                {{ evidence_entry('order', "case when judged.fails_condition_failed or judged.fails_offer_guard then judged.last_order_id end") }},
                {{ evidence_entry('service_case', "case when judged.fails_open_service_case then judged.service_case_id end") }},
                {{ evidence_entry('suppression', 'judged.suppression_id') }},
                {{ evidence_entry('permission', 'judged.permission_id') }},
                {{ evidence_entry('earlier_message', 'judged.earlier_message_id') }},
                {{ evidence_entry('conditions', "case when judged.fails_condition_failed then judged.failed_conditions end") }},
                {{ evidence_entry('rules', 'judged.broken_rules') }},
                {{ evidence_entry('counted_messages', 'judged.broken_by') }},
                {{ evidence_entry('quarantined_until', "case when judged.fails_quarantined then judged.quarantined_until_at end") }},
                {{ evidence_entry('reserved_for', 'judged.reserved_for') }},
                {{ evidence_entry('kept_by_message', 'judged.kept_by_message_id') }}
            )
            || '}' as evidence,
            settings.policy_version,
            judged.touch_id,
            judged.received_on as received_on_max
        from judged
        cross join settings
        left join reasons on judged.failed_gates[1] = reasons.reason
        left join handed_off on judged.fixed_message_id = handed_off.message_id
        anti join fixed_rows on coalesce(judged.fixed_message_id, judged.message_id) = fixed_rows.message_id
    ),

    final as (
        select {{ ledger_columns('computed') }}
        from computed
        union all
        select {{ ledger_columns('fixed_rows') }}
        from fixed_rows
    )

select *
from final
