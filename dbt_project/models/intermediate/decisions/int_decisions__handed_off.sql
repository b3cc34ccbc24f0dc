-- Candidates of which a message was handed off before, in any channel and under any id that the customer
-- ever had; and messages that an earlier execution of this very run_date handed off (`is_fixed`: they
-- stay as they are).
with
    -- Read in two ways: materialised once, the whole log would be read instead of its newest part.
    messages as not materialized(
        select * from {{ ref('stg_outbox__contact_log') }} where {{ counts_as_sent('state') }}
    ),

    candidates as (select * from {{ ref('int_decisions__candidates') }}),

    aliases as ({{ past_ids() }}),

    relevant as (
        -- A candidate's message can only have left since it was due, so the validity of its step bounds
        -- the search; the rest of the days is for anchors that moved since (a cart that is taken up
        -- again). Beyond them the hand-off's unique message ids still let nothing out twice. Literal
        -- bounds: only those spare the older part of the log.
        select message_id, customer_id, journey, step, anchor, channel, class, sent_at, false as is_fixed
        from messages
        where
            {{ handed_off_before() }}
            and sent_at >= {{ as_of() }} - interval '{{ var("already_sent_lookback_days", 90) }} days'
            and {{ sent_once_key('anchor') }}
            in (select {{ sent_once_key('candidates.anchor') }} from candidates)
        union all by name
        -- Only these are written again as they were: of all others the log's wider columns stay unread.
        select *, true as is_fixed
        from messages
        where run_date = {{ run_date() }} and sent_at >= {{ as_of() }} - interval '1 day'
    ),

    final as (
        select
            coalesce(aliases.customer_id, relevant.customer_id) as customer_id,
            relevant.journey,
            relevant.step,
            relevant.anchor,
            relevant.channel,
            relevant.class,
            relevant.is_fixed,
            relevant.sent_at,
            relevant.message_id,
            relevant.customer_id as sent_customer_id,
            relevant.experiment,
            relevant.variant,
            relevant.send_at,
            relevant.permission_basis,
            relevant.permission_id
        from relevant
        left join aliases on relevant.customer_id = aliases.past_customer_id
    )

select *
from final
