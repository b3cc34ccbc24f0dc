{{ config(materialized='view') }}

-- Between contenders: one marketing touch per customer (gate 17), one message per address (gate 18). Both
-- come after everything else, because they compare rows that would otherwise be sent.
with
    tested as (select * from {{ ref('int_decisions__contenders') }}),

    handed_off as (
        select * from {{ ref('int_decisions__handed_off') }} where is_fixed and class <> 'service'
    ),

    contact_points as (select * from {{ ref('int_customers__contact_points') }}),

    ranked as (select * from {{ ref('int_decisions__ranked') }}),

    addressed as (
        select channel, address, rank, customer_id, message_id
        from ranked
        where winner_message_id is null and address is not null
        union all
        select
            handed_off.channel,
            contact_points.address,
            {
                'is_open':false,
                'priority':0,
                'due_at':handed_off.send_at,
                'journey':handed_off.journey,
                'anchor':handed_off.anchor,
                'step':handed_off.step
            } as rank,
            handed_off.customer_id,
            handed_off.message_id
        from handed_off
        inner join
            contact_points
            on handed_off.customer_id = contact_points.customer_id
            and handed_off.channel = contact_points.channel
        anti join
            ranked
            on handed_off.customer_id = ranked.customer_id
            and handed_off.channel = ranked.channel
            and ranked.is_fixed
    ),

    keepers as (
        select channel, address, arg_min(message_id, {'rank':rank, 'customer_id':customer_id}) as message_id
        from addressed
        group by channel, address
    ),

    contested as (
        select
            ranked.message_id,
            ranked.winner_message_id,
            case
                when
                    not ranked.is_fixed
                    and ranked.winner_message_id is null
                    and keepers.message_id <> ranked.message_id
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

select *
from final
