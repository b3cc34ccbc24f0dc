{{ config(materialized='view') }}

-- Every due row with its place in the order of arbitration. Contenders are the marketing rows that pass
-- gates 1-16, and those that an earlier execution of this run_date handed off: they cannot be taken back,
-- so they come first.
with
    eligibility as (select * from {{ ref('int_decisions__eligibility') }}),

    policy as (select * from {{ ref('int_decisions__policy') }}),

    look_ahead as (select * from {{ ref('int_decisions__look_ahead') }}),

    tested as (
        select
            eligibility.*,
            policy.* exclude (message_id),
            look_ahead.reserved_for,
            look_ahead.message_id is not null as fails_reserved,
            eligibility.fixed_message_id is not null as is_fixed,
            -- The order of arbitration; structs compare field by field.
            {
                'is_open':eligibility.fixed_message_id is null,
                'priority':eligibility.priority,
                'due_at':eligibility.due_at,
                'journey':eligibility.journey,
                'anchor':eligibility.anchor,
                'step':eligibility.step
            } as rank
        from eligibility
        inner join policy on eligibility.message_id = policy.message_id
        left join look_ahead on eligibility.message_id = look_ahead.message_id
        where eligibility.is_due and not coalesce(eligibility.is_settled, false)
    ),

    final as (
        select *, class <> 'service' and (is_fixed or {{ passes_gates(1, 16) }}) as is_contender from tested
    )

select *
from final
