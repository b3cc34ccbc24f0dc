{{ config(materialized='view') }}

-- Contenders with the message that goes instead of them, if any (gate 17): one marketing touch per
-- customer and run, and within a touch that sends the first channel that passes, one channel.
with
    passing as (
        select
            message_id,
            fixed_message_id,
            customer_id,
            channel,
            channel_position,
            touch_key,
            address,
            rank,
            is_fixed,
            is_fallback,
            has_fallback,
            fails_outside_window
        from {{ ref('int_decisions__contenders') }}
        where is_contender
    ),

    handed_off as (
        select * from {{ ref('int_decisions__handed_off') }} where is_fixed and class <> 'service'
    ),

    winners as (select customer_id, arg_min(touch_key, rank) as touch_key from passing group by customer_id),

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
        left join
            passing
            on winner_messages.customer_id = passing.customer_id
            and winner_messages.touch_key = passing.touch_key
        left join fixed_winners on winner_messages.customer_id = fixed_winners.customer_id
        group by winner_messages.customer_id, winner_messages.touch_key
    ),

    alternatives as (
        -- Within a touch that sends the first channel that passes: the first that goes (one outside its
        -- hours lets the fallback go), and a fallback that an earlier execution sent, which keeps the
        -- channels before it back.
        select
            customer_id,
            touch_key,
            arg_min(
                {'position':channel_position, 'message_id':coalesce(fixed_message_id, message_id)},
                channel_position
            ) as first_one,
            arg_min({'position':channel_position, 'message_id':fixed_message_id}, channel_position) filter (
                where is_fixed and is_fallback
            ) as gone
        from passing
        where has_fallback and (is_fixed or not fails_outside_window)
        group by customer_id, touch_key
    ),

    final as (
        select
            passing.message_id,
            passing.customer_id,
            passing.channel,
            passing.address,
            passing.rank,
            passing.is_fixed,
            case
                when passing.is_fixed
                then null
                when first_rows.touch_key <> passing.touch_key
                then first_rows.winner_message_id
                when passing.is_fallback and passing.channel_position > alternatives.first_one.position
                then alternatives.first_one.message_id
                when
                    passing.channel_position < alternatives.gone.position and not passing.fails_outside_window
                then alternatives.gone.message_id
            end as winner_message_id
        from passing
        inner join first_rows on passing.customer_id = first_rows.customer_id
        left join
            alternatives
            on passing.customer_id = alternatives.customer_id
            and passing.touch_key = alternatives.touch_key
    )

select *
from final
