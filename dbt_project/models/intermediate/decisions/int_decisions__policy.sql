-- Sending hours and the contact policy (gates 15 and 19). All that counts lies in the past, so a rule
-- with n messages is satisfied from the n-th latest one plus the window on, and the earliest permitted
-- instant is a maximum.
with
    eligibility as (select * from {{ ref('int_decisions__eligibility') }}),

    assignment as (select * from {{ ref('int_decisions__assignment') }}),

    windows as (select * from {{ ref('int_decisions__sending_windows') }}),

    rules as (select * from {{ ref('stg_templates__policy_rules') }}),

    counted as (select * from {{ ref('int_decisions__counted_touches') }}),

    contact_log as (select * from {{ ref('int_decisions__contact_log') }} where class <> 'service'),

    wishes as (
        select *
        from {{ ref('stg_consent__preferences') }}
        where max_messages is not null or paused_until > {{ as_of() }}
    ),

    scores as (
        select customer_id, engagement_stage, best_hour_local
        from {{ ref('fct_customer_scores') }}
        where customer_id in (select eligibility.customer_id from eligibility)
    ),

    settings as (select * from {{ ref('stg_templates__policy_settings') }}),

    timed as (
        select
            eligibility.message_id,
            eligibility.customer_id,
            eligibility.touch_key,
            eligibility.class,
            eligibility.channel,
            eligibility.address,
            scores.engagement_stage,
            case
                when settings.sends_at_best_hour and eligibility.class <> 'service'
                then
                    {{ local_instant(run_date(), time_of_hour('scores.best_hour_local'), 'eligibility.timezone') }}
            end as best_at,
            -- A message that expires during the day may leave until then only.
            case
                when eligibility.expires_at > {{ as_of() }}
                then least(windows.closes_at, eligibility.expires_at)
                else windows.closes_at
            end as closes_at,
            windows.is_open,
            -- The step's own hour holds on the day it falls due; on later days the window alone opens.
            greatest(
                eligibility.due_at,
                windows.opens_at,
                case
                    when eligibility.send_after_local is not null
                    then
                        {{ local_instant(local_day('eligibility.due_at', 'eligibility.timezone'), 'eligibility.send_after_local', 'eligibility.timezone') }}
                end
            ) as earliest_at
        from eligibility
        inner join
            windows
            on eligibility.timezone = windows.timezone
            and eligibility.country is not distinct from windows.country
            and eligibility.channel = windows.channel
        cross join settings
        left join scores on eligibility.customer_id = scores.customer_id
    ),

    class_rules as (select *, unnest(when_classes) as class from rules),

    filled as (
        select
            timed.message_id,
            class_rules.position,
            class_rules.name,
            class_rules.window_seconds,
            {{ nth_largest("{'at': counted.sent_at, 'id': counted.message_id}", 'any_value(' ~ messages_allowed('class_rules', 'timed.engagement_stage') ~ ')') }}
            as nth
        from timed
        inner join
            class_rules
            on timed.class = class_rules.class
            and (class_rules.channels is null or list_contains(class_rules.channels, timed.channel))
        inner join
            counted
            on class_rules.position = counted.rule_position
            and timed.customer_id = counted.customer_id
            and timed.touch_key <> counted.touch_key
        where timed.class <> 'service'
        group by timed.message_id, class_rules.position, class_rules.name, class_rules.window_seconds
    ),

    wished as (
        -- What the recipient asked for comes before the shop's own rules: a pause, none at all, or so
        -- many in a period.
        select timed.message_id, timed.customer_id, timed.touch_key, wishes.*
        from timed
        inner join wishes on timed.address = wishes.address and timed.channel = wishes.channel
        where timed.class <> 'service'
    ),

    full_by_wish as (
        select
            wished.message_id,
            {{ nth_largest("{'at': contact_log.sent_at, 'id': contact_log.message_id}", 'any_value(wished.max_messages)') }}
            as nth,
            any_value(wished.period_days) as period_days
        from wished
        inner join
            contact_log
            on wished.customer_id = contact_log.customer_id
            and wished.channel = contact_log.channel
            and wished.touch_key <> contact_log.touch_key
        where wished.max_messages > 0
        group by wished.message_id
    ),

    blocked as (
        select
            message_id, position, name, nth.id as blocked_by, nth.at + to_seconds(window_seconds) as free_at
        from filled
        where nth is not null
        union all
        select
            message_id,
            -2 as position,
            'own_pause' as name,
            event_id as blocked_by,
            greatest(paused_until, {{ never_again('max_messages = 0') }}) as free_at
        from wished
        where paused_until is not null or max_messages = 0
        union all
        select message_id, -1 as position, 'own_frequency' as name, nth.id, nth.at + to_days(period_days)
        from full_by_wish
        where nth is not null
    ),

    broken as (
        -- A rule is broken where no instant is left because of it. Where no hour is permitted at all,
        -- that is the window's doing, unless the rule alone would already take the rest of the day.
        select
            blocked.message_id,
            max(blocked.free_at) as free_at,
            list(blocked.name order by blocked.position) filter (
                where {{ is_rule_broken() }}
            ) as broken_rules,
            list(blocked.blocked_by order by blocked.position) filter (
                where {{ is_rule_broken() }}
            ) as broken_by,
            max(blocked.free_at) filter (where {{ is_rule_broken() }}) as quarantined_until_at
        from blocked
        inner join timed on blocked.message_id = timed.message_id
        group by blocked.message_id
    ),

    final as (
        select
            assignment.*,
            timed.earliest_at,
            broken.broken_rules,
            broken.broken_by,
            broken.quarantined_until_at,
            coalesce(len(broken.broken_rules), 0) > 0 as fails_quarantined,
            not (timed.is_open and timed.earliest_at < timed.closes_at) as fails_outside_window,
            case
                when timed.is_open and greatest(timed.earliest_at, broken.free_at) < timed.closes_at
                then
                    greatest(
                        timed.earliest_at,
                        broken.free_at,
                        -- Later only, and never past the window.
                        case when timed.best_at < timed.closes_at then timed.best_at end
                    )
            end as possible_at
        from timed
        inner join assignment on timed.message_id = assignment.message_id
        left join broken on timed.message_id = broken.message_id
    )

select *
from final
