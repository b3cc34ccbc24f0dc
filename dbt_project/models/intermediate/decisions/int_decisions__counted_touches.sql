-- What each policy rule counts for each customer with a candidate. A rule counts touches, so a mail and
-- its SMS are one, at the instant of the later; a rule that names channels counts their messages. What has
-- left the rule's window before the day began anywhere stands in nobody's way.
with
    rules as (select * from {{ ref('stg_templates__policy_rules') }}),

    candidates as (
        select distinct customer_id from {{ ref('int_decisions__candidates') }} where class <> 'service'
    ),

    -- Of candidates only, before every message is held against every rule.
    contact_log as materialized(
        select *
        from {{ ref('int_decisions__contact_log') }}
        where customer_id in (select candidates.customer_id from candidates)
    ),

    final as (
        select
            rules.position as rule_position,
            contact_log.customer_id,
            contact_log.touch_key,
            case
                when rules.channels is null then contact_log.touch_key else contact_log.message_id
            end as unit_key,
            max(contact_log.sent_at) as sent_at,
            arg_max(
                contact_log.message_id, {'at':contact_log.sent_at, 'id':contact_log.message_id}
            ) as message_id
        from contact_log
        inner join
            rules
            on list_contains(rules.counts_classes, contact_log.class)
            and (rules.channels is null or list_contains(rules.channels, contact_log.channel))
            and contact_log.sent_at > {{ earliest_start_of_day() }} - to_seconds(rules.window_seconds)
        group by all
    )

select *
from final
