-- Kind joined: somebody became a member of the club.
with
    journeys as (select * from {{ ref('int_triggers__journeys') }} where trigger_kind = 'joined'),

    customers as (
        select *
        from {{ ref('dim_customers') }}
        where is_member and member_id is not null and joined_at is not null
    ),

    orders as (select * from {{ ref('fct_orders') }}),

    anchors as (
        select
            customers.customer_id,
            journeys.journey,
            'date:joined:' || customers.member_id as anchor,
            customers.joined_at as anchor_at,
            customers.member_id,
            journeys.goal,
            journeys.entry_gap_days,
            journeys.anchors_from,
            greatest(customers.first_seen_on, {{ local_day('customers.joined_at') }}) as received_on
        from journeys
        inner join
            customers on customers.joined_at >= journeys.history_from and customers.joined_at < {{ as_of() }}
    ),

    entered as ({{ entered_anchors('anchors') }}),

    orders_since as ({{ orders_since('entered', 'orders') }}),

    final as (
        select
            entered.customer_id,
            entered.journey,
            entered.anchor,
            entered.anchor_at,
            'default' as branch,
            case
                entered.goal when 'order_since_anchor' then orders_since.order_since_at
            end as goal_reached_at,
            cast(null as varchar) as reference_order_id,
            cast(null as varchar) as reference_product_id,
            cast(null as varchar) as reference_cart_id,
            '{' || concat_ws(',', {{ evidence_entry('member', 'entered.member_id') }}) || '}' as evidence,
            entered.received_on
        from entered
        left join orders_since using (journey, customer_id, anchor)
    )

select *
from final
