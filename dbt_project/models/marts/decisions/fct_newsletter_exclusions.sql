{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        pre_hook="{{ forget_day() }}"
    )
}}

-- Who is to be left in peace by newsletters that are sent elsewhere on run_date: wherever a rule for
-- newsletters is full at some instant of the day, counting what was sent before and what this run sends.
with
    contact_log as (select * from {{ ref('int_decisions__contact_log') }}),

    decisions as (
        select *
        from {{ ref('fct_contact_decisions') }}
        where run_date = {{ run_date() }} and decision = 'send'
    ),

    rules as (
        select *
        from {{ ref('stg_templates__policy_rules') }}
        where
            list_contains(when_classes, 'newsletter')
            and (channels is null or list_contains(channels, 'email'))
    ),

    contact_points as (select * from {{ ref('int_customers__contact_points') }} where channel = 'email'),

    aliases as ({{ past_ids() }}),

    scores as (select customer_id, engagement_stage from {{ ref('fct_customer_scores') }}),

    wishes as (
        select contact_points.customer_id, wishes.*
        from {{ ref('stg_consent__preferences') }} as wishes
        inner join contact_points on wishes.address = contact_points.address
        where wishes.channel = 'email'
    ),

    messages as (
        select customer_id, message_id, class, channel, touch_key, sent_at
        from contact_log
        union all
        select
            coalesce(aliases.customer_id, decisions.customer_id) as customer_id,
            decisions.message_id,
            decisions.class,
            decisions.channel,
            {{ touch_key('decisions.journey', 'decisions.step', 'decisions.anchor') }} as touch_key,
            decisions.send_at as sent_at
        from decisions
        left join aliases on decisions.customer_id = aliases.past_customer_id
    ),

    counted as (
        select
            rules.position,
            messages.customer_id,
            case when rules.channels is null then messages.touch_key else messages.message_id end as unit_key,
            max(messages.sent_at) as sent_at
        from messages
        inner join
            rules
            on list_contains(rules.counts_classes, messages.class)
            and (rules.channels is null or list_contains(rules.channels, messages.channel))
            -- What has left the window by midnight fills it at no instant of the day.
            and messages.sent_at > {{ as_of() }} - to_seconds(rules.window_seconds)
        group by all
    ),

    busy as (
        -- Who received as many as the rule allows anybody: of all others no more need be known.
        select counted.customer_id, counted.position
        from counted
        inner join rules on counted.position = rules.position
        group by counted.customer_id, counted.position
        having count(*) >= any_value({{ fewest_messages_allowed('rules') }})
    ),

    filled as (
        select
            counted.customer_id,
            counted.position,
            rules.name,
            {{ nth_largest('counted.sent_at', 'any_value(' ~ messages_allowed('rules', 'scores.engagement_stage') ~ ')') }}
            + to_seconds(any_value(rules.window_seconds)) as until_at
        from counted
        inner join busy on counted.customer_id = busy.customer_id and counted.position = busy.position
        inner join rules on counted.position = rules.position
        left join scores on counted.customer_id = scores.customer_id
        group by counted.customer_id, counted.position, rules.name
        union all
        select
            customer_id,
            -2 as position,
            'own_pause' as name,
            greatest(paused_until, {{ never_again('max_messages = 0') }}) as until_at
        from wishes
        union all
        select customer_id, -3 as position, 'own_topic' as name, {{ never_again('true') }} as until_at
        from wishes
        where list_contains(topics_off, 'newsletter')
        union all
        select
            wishes.customer_id,
            -1 as position,
            'own_frequency' as name,
            {{ nth_largest('messages.sent_at', 'any_value(wishes.max_messages)') }}
            + to_days(any_value(wishes.period_days)) as until_at
        from wishes
        inner join messages on wishes.customer_id = messages.customer_id
        where wishes.max_messages > 0 and messages.channel = 'email' and messages.class <> 'service'
        group by wishes.customer_id
    ),

    longest as (
        select
            customer_id,
            -- The rule that holds longest; at a tie the first in file order.
            arg_max(name, {'until':until_at, 'first': - position}) as rule,
            max(until_at) as until_at
        from filled
        where until_at > {{ as_of() }}
        group by customer_id
    ),

    final as (
        select
            {{ run_date() }} as run_date,
            longest.customer_id,
            contact_points.address,
            longest.rule,
            longest.until_at
        from longest
        left join contact_points on longest.customer_id = contact_points.customer_id
    )

select *
from final
