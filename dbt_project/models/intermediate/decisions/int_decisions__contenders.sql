-- Every due row with its place in the order of arbitration. Contenders are the marketing rows that pass
-- gates 1-16, and those that an earlier execution of this run_date handed off: they cannot be taken back,
-- so they come first.
with
    policy as (select * from {{ ref('int_decisions__policy') }}),

    look_ahead as (select * from {{ ref('int_decisions__look_ahead') }}),

    tested as (
        select
            policy.*,
            look_ahead.reserved_for,
            look_ahead.message_id is not null as fails_reserved,
            policy.fixed_message_id is not null as is_fixed,
            -- The order of arbitration; structs compare field by field.
            {
                'is_open':policy.fixed_message_id is null,
                'priority':policy.priority,
                'due_at':policy.due_at,
                'journey':policy.journey,
                'anchor':policy.anchor,
                'step':policy.step
            } as rank
        from policy
        left join look_ahead on policy.message_id = look_ahead.message_id
        where policy.is_due and not coalesce(policy.is_settled, false)
    ),

    final as (
        select *, class <> 'service' and (is_fixed or {{ passes_gates(1, 16) }}) as is_contender from tested
    )

select *
from final
