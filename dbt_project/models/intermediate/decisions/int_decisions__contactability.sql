{{ config(materialized='view') }}

-- One row per candidate and channel, with the gates about the person and the address (1-6). Each gate is
-- tested on its own, whatever the others say.
with
    candidates as (select * from {{ ref('int_decisions__candidates') }}),

    channels as (select * from {{ ref('stg_templates__journey_step_channels') }}),

    journeys as (select * from {{ ref('stg_templates__journeys') }}),

    customers as (
        select *
        from {{ ref('dim_customers') }}
        where customer_id in (select candidates.customer_id from candidates)
    ),

    scores as (
        select customer_id, engagement_stage
        from {{ ref('fct_customer_scores') }}
        where customer_id in (select candidates.customer_id from candidates)
    ),

    contact_points as (
        select *
        from {{ ref('int_customers__contact_points') }}
        where customer_id in (select candidates.customer_id from candidates)
    ),

    -- Somebody may refuse a topic and keep the rest: then there is no permission for that purpose.
    refused as (
        select address, channel, topics_off
        from {{ ref('stg_consent__preferences') }}
        where len(topics_off) > 0
    ),

    handed_off as (select * from {{ ref('int_decisions__handed_off') }}),

    alternatives as (
        -- Steps that send the first channel that passes: one of their channels sent means that the step was
        -- sent.
        select journey, step from channels where is_fallback group by journey, step
    ),

    sent_channels as (
        select
            customer_id,
            journey,
            step,
            {{ sent_once_key('anchor') }} as once_key,
            channel,
            min(message_id) as message_id
        from handed_off
        where not is_fixed
        group by all
    ),

    sent_touches as (
        select customer_id, journey, step, once_key, min(message_id) as message_id
        from sent_channels
        group by all
    ),

    fixed as (
        select *
        from handed_off
        where is_fixed
        qualify
            row_number() over (partition by customer_id, journey, step, anchor, channel order by message_id)
            = 1
    ),

    joined as (
        select
            candidates.*,
            channels.channel,
            channels.position as channel_position,
            channels.is_fallback,
            alternatives.step is not null as has_fallback,
            {{ message_id('candidates.journey', 'candidates.step', 'channels.channel', 'candidates.anchor', 'candidates.customer_id') }}
            as message_id,
            {{ touch_key('candidates.journey', 'candidates.step', 'candidates.anchor') }} as touch_key,
            {{ touch_id('candidates.journey', 'candidates.step', 'candidates.anchor', 'candidates.customer_id') }}
            as touch_id,
            contact_points.address,
            customers.country,
            case
                when customers.timezone in {{ known_time_zones() }}
                then customers.timezone
                else '{{ var("timezone") }}'
            end as timezone,
            contact_points.suppression_id,
            coalesce(
                sent_channels.message_id,
                case when alternatives.step is not null then sent_touches.message_id end
            ) as earlier_message_id,
            fixed.message_id as fixed_message_id,
            case
                candidates.class
                when 'service'
                then case when candidates.reference_order_id is not null then 'service' end
                else contact_points.permission_basis
            end as permission_basis,
            case
                candidates.class
                when 'service'
                then candidates.reference_order_id
                else contact_points.permission_id
            end as permission_id,
            coalesce(customers.is_erased, false) as fails_erased,
            contact_points.address is null as fails_no_address,
            contact_points.suppression_id is not null as fails_address_suppressed,
            case
                candidates.class
                when 'service'
                then candidates.reference_order_id is null
                else
                    contact_points.permission_basis is null
                    or coalesce(list_contains(refused.topics_off, candidates.class), false)
            end as fails_no_permission,
            not (
                coalesce(
                    journeys.audience_customer_type = 'any'
                    or customers.customer_type = journeys.audience_customer_type,
                    false
                )
                and (
                    journeys.audience_is_member is null
                    or coalesce(customers.is_member, false) = journeys.audience_is_member
                )
                and {{ in_audience('customers.country', 'journeys.audience_countries') }}
                and {{ in_audience('customers.persona', 'journeys.audience_personas') }}
                and {{ in_audience('customers.stage', 'journeys.audience_stages') }}
                and {{ in_audience("coalesce(scores.engagement_stage, 'none')", 'journeys.audience_engagement') }}
            ) as fails_wrong_audience,
            sent_channels.message_id is not null
            or (alternatives.step is not null and sent_touches.message_id is not null) as fails_already_sent
        from candidates
        inner join journeys on candidates.journey = journeys.journey
        inner join channels on candidates.journey = channels.journey and candidates.step = channels.step
        left join
            alternatives on candidates.journey = alternatives.journey and candidates.step = alternatives.step
        left join customers on candidates.customer_id = customers.customer_id
        left join scores on candidates.customer_id = scores.customer_id
        left join
            contact_points
            on candidates.customer_id = contact_points.customer_id
            and channels.channel = contact_points.channel
        left join
            refused on contact_points.address = refused.address and contact_points.channel = refused.channel
        left join
            sent_channels
            on candidates.customer_id = sent_channels.customer_id
            and candidates.journey = sent_channels.journey
            and candidates.step = sent_channels.step
            and {{ sent_once_key('candidates.anchor') }} = sent_channels.once_key
            and channels.channel = sent_channels.channel
        left join
            sent_touches
            on candidates.customer_id = sent_touches.customer_id
            and candidates.journey = sent_touches.journey
            and candidates.step = sent_touches.step
            and {{ sent_once_key('candidates.anchor') }} = sent_touches.once_key
        left join
            fixed
            on candidates.customer_id = fixed.customer_id
            and candidates.journey = fixed.journey
            and candidates.step = fixed.step
            and candidates.anchor = fixed.anchor
            and channels.channel = fixed.channel
    ),

    final as (
        -- Sent in time and expired since: all has been said about it in the ledger, and nothing is left to
        -- decide.
        select *, fails_already_sent and expires_at <= {{ as_of() }} as is_settled from joined
    )

select *
from final
