-- Candidates of which a message was handed off before, in any channel and under any id that the customer ever had;
-- and messages that an earlier execution of this very run_date handed off (`is_fixed`: they stay as they are).
with messages as (
    select
        *,
        run_date = {{ run_date() }} as is_fixed
    from {{ ref('stg_outbox__contact_log') }}
    where {{ counts_as_sent('state') }}
        and (run_date = {{ run_date() }} or {{ handed_off_before() }})
),

candidates as (
    select distinct anchor from {{ ref('int_decisions__candidates') }}
),

aliases as (
    select * from {{ ref('int_identity__aliases') }}
),

relevant as (
    select * from messages where is_fixed or anchor in (select candidates.anchor from candidates)
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

select * from final
