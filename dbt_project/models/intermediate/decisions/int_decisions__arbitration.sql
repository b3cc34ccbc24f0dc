-- Between rows that pass everything before: one marketing touch per customer (gate 17), one message per address
-- (gate 18). What an earlier execution of this run_date handed off comes first: it cannot be taken back.
with policy as (
    select * from {{ ref('int_decisions__policy') }}
),

look_ahead as (
    select * from {{ ref('int_decisions__look_ahead') }}
),

handed_off as (
    select * from {{ ref('int_decisions__handed_off') }} where is_fixed and class <> 'service'
),

contact_points as (
    select * from {{ ref('int_customers__contact_points') }}
),

tested as (
    select
        policy.*,
        look_ahead.reserved_for_touch_id,
        look_ahead.message_id is not null as fails_reserved,
        policy.fixed_message_id is not null as is_fixed,
        -- The order of arbitration; structs compare field by field.
        {
            'is_open': policy.fixed_message_id is null,
            'priority': policy.priority,
            'due_at': policy.due_at,
            'journey': policy.journey,
            'anchor': policy.anchor,
            'step': policy.step
        } as rank
    from policy
    left join look_ahead on policy.message_id = look_ahead.message_id
    where policy.is_due
),

passing as (
    select * from tested where class <> 'service' and (is_fixed or {{ passes_gates(1, 16) }})
),

winners as (
    select
        customer_id,
        arg_min(touch_key, rank) as touch_key
    from passing
    group by customer_id
),

fixed_winners as (
    -- Also the ones whose candidate is gone since (the order was cancelled after the hand-off).
    select
        customer_id,
        min(message_id) as message_id,
        arg_min({{ touch_key('journey', 'step', 'anchor') }}, message_id) as touch_key
    from handed_off
    group by customer_id
),

winner_messages as (
    select
        coalesce(winners.customer_id, fixed_winners.customer_id) as customer_id,
        coalesce(fixed_winners.touch_key, winners.touch_key) as touch_key
    from winners
    full outer join fixed_winners on winners.customer_id = fixed_winners.customer_id
),

first_rows as (
    select
        winner_messages.customer_id,
        winner_messages.touch_key,
        coalesce(
            arg_min(coalesce(passing.fixed_message_id, passing.message_id), passing.channel_position),
            min(fixed_winners.message_id)
        ) as winner_message_id
    from winner_messages
    left join passing
        on winner_messages.customer_id = passing.customer_id and winner_messages.touch_key = passing.touch_key
    left join fixed_winners on winner_messages.customer_id = fixed_winners.customer_id
    group by winner_messages.customer_id, winner_messages.touch_key
),

alternatives as (
    -- Within a touch that sends the first channel that passes: the first that goes (one outside its hours lets the
    -- fallback go), and a fallback that an earlier execution sent, which keeps the channels before it back.
    select
        customer_id,
        touch_key,
        arg_min(
            {'position': channel_position, 'message_id': coalesce(fixed_message_id, message_id)}, channel_position
        ) as first_one,
        arg_min(
            {'position': channel_position, 'message_id': fixed_message_id}, channel_position
        ) filter (where is_fixed and is_fallback) as gone
    from passing
    where has_fallback and (is_fixed or not fails_outside_window)
    group by customer_id, touch_key
),

ranked as (
    select
        passing.*,
        case
            when passing.is_fixed then null
            when first_rows.touch_key <> passing.touch_key then first_rows.winner_message_id
            when passing.is_fallback and passing.channel_position > alternatives.first_one.position
                then alternatives.first_one.message_id
            when passing.channel_position < alternatives.gone.position and not passing.fails_outside_window
                then alternatives.gone.message_id
        end as winner_message_id
    from passing
    inner join first_rows on passing.customer_id = first_rows.customer_id
    left join alternatives
        on passing.customer_id = alternatives.customer_id and passing.touch_key = alternatives.touch_key
),

addressed as (
    select channel, address, rank, customer_id, message_id
    from ranked
    where winner_message_id is null and address is not null
    union all
    select
        handed_off.channel,
        contact_points.address,
        {
            'is_open': false, 'priority': 0, 'due_at': handed_off.send_at, 'journey': handed_off.journey,
            'anchor': handed_off.anchor, 'step': handed_off.step
        } as rank,
        handed_off.customer_id,
        handed_off.message_id
    from handed_off
    inner join contact_points
        on handed_off.customer_id = contact_points.customer_id and handed_off.channel = contact_points.channel
    anti join passing
        on handed_off.customer_id = passing.customer_id and handed_off.channel = passing.channel and passing.is_fixed
),

keepers as (
    select
        channel,
        address,
        arg_min(message_id, {'rank': rank, 'customer_id': customer_id}) as message_id
    from addressed
    group by channel, address
),

contested as (
    select
        ranked.message_id,
        ranked.winner_message_id,
        case
            when not ranked.is_fixed and ranked.winner_message_id is null and keepers.message_id <> ranked.message_id
                then keepers.message_id
        end as kept_by_message_id
    from ranked
    left join keepers on ranked.channel = keepers.channel and ranked.address = keepers.address
),

final as (
    select
        tested.*,
        contested.winner_message_id,
        contested.kept_by_message_id,
        contested.winner_message_id is not null as fails_outranked,
        contested.kept_by_message_id is not null as fails_duplicate_address
    from tested
    left join contested on tested.message_id = contested.message_id
)

select * from final
