-- Rows that yield (gate 16): a more important message of the same customer falls due later, inside the
-- window of a rule that this one would fill. One row per yielding message, with the earliest message it
-- yields to.
with
    eligibility as (select * from {{ ref('int_decisions__eligibility') }} where class <> 'service'),

    policy as (select * from {{ ref('int_decisions__policy') }}),

    rules as (
        select *, to_seconds(window_seconds) as rule_window from {{ ref('stg_templates__policy_rules') }}
    ),

    counted as (select * from {{ ref('int_decisions__counted_touches') }}),

    light as (
        select
            eligibility.message_id,
            eligibility.customer_id,
            eligibility.touch_key,
            eligibility.class,
            eligibility.channel,
            eligibility.priority,
            coalesce(policy.possible_at, policy.earliest_at) as at
        from eligibility
        inner join policy on eligibility.message_id = policy.message_id
        where eligibility.is_due and coalesce(eligibility.yields, true)
    ),

    heavy as (
        select customer_id, touch_key, touch_id, journey, step, class, channel, priority, due_at
        from eligibility
        inner join policy on eligibility.message_id = policy.message_id
        where {{ passes_gates(1, 14) }}
    ),

    pairs as (
        -- Channels count only for rules that name them; so a rule meets the pair once per touch.
        select distinct
            light.message_id,
            light.touch_key,
            light.customer_id,
            heavy.touch_key as heavy_touch_key,
            {
                'touch':heavy.touch_id, 'journey':heavy.journey, 'step':heavy.step, 'due_at':heavy.due_at
            } as kept_for,
            heavy.due_at,
            rules.position,
            rules.rule_window,
            rules.max_messages
        from light
        inner join
            heavy
            on light.customer_id = heavy.customer_id
            and light.priority > heavy.priority
            and light.touch_key <> heavy.touch_key
            and light.at < heavy.due_at
        inner join
            rules
            on list_contains(rules.when_classes, heavy.class)
            and list_contains(rules.counts_classes, light.class)
            and (
                rules.channels is null
                or (
                    list_contains(rules.channels, heavy.channel)
                    and list_contains(rules.channels, light.channel)
                )
            )
            and heavy.due_at < light.at + rules.rule_window
    ),

    full_rules as (
        -- With this one counted in, would the rule be full when the more important one falls due? Neither
        -- of the two touches counts through messages of its own sent earlier.
        select pairs.message_id, pairs.kept_for, pairs.due_at
        from pairs
        left join
            counted
            on pairs.position = counted.rule_position
            and pairs.customer_id = counted.customer_id
            and counted.touch_key <> pairs.touch_key
            and counted.touch_key <> pairs.heavy_touch_key
            and counted.sent_at > pairs.due_at - pairs.rule_window
        group by pairs.message_id, pairs.kept_for, pairs.due_at, pairs.position, pairs.max_messages
        having count(counted.unit_key) + 1 >= pairs.max_messages
    ),

    final as (
        select
            message_id,
            -- Two of them may fall due at once: the touch id settles it.
            arg_min(kept_for, {'at':due_at, 'id':kept_for.touch}) as reserved_for
        from full_rules
        group by message_id
    )

select *
from final
