-- Kinds purchase_in_group (a valid order with an article of the journey's groups) and purchase (any valid
-- order). The branch says whether the buyer has an accessory to the group: bought with it, since, or
-- shortly before.
with
    journeys as ({{ journeys_of(['purchase_in_group', 'purchase']) }}),

    order_lines as not materialized(
        -- Valid lines: of a valid order, and not sent back entirely. Read in several ways: materialised once,
        -- all lines of all customers would be copied.
        select * from {{ ref('fct_order_lines') }} where is_valid and customer_id is not null
    ),

    orders as (select * from {{ ref('fct_orders') }}),

    accessories as (select * from {{ ref('int_catalogue__accessories') }}),

    policy as (select * from {{ ref('stg_templates__policy_settings') }}),

    journey_groups as (
        select journey, unnest({{ json_text_list('trigger_params', '$.groups') }}) as product_group
        from journeys
        where trigger_kind = 'purchase_in_group'
    ),

    trigger_lines as (
        select journeys.*, order_lines.* exclude (is_valid, is_gift)
        from journeys
        inner join journey_groups on journeys.journey = journey_groups.journey
        inner join
            order_lines
            on journey_groups.product_group = order_lines.product_group
            and order_lines.ordered_at >= journeys.history_from
        union all
        select journeys.*, order_lines.* exclude (is_valid, is_gift)
        from journeys
        inner join order_lines on order_lines.ordered_at >= journeys.history_from
        where journeys.trigger_kind = 'purchase'
    ),

    anchors as (
        select
            trigger_lines.customer_id,
            trigger_lines.journey,
            'order:' || trigger_lines.order_id as anchor,
            orders.ordered_at as anchor_at,
            trigger_lines.order_id as reference_order_id,
            {{ dearest_product('trigger_lines') }} as reference_product_id,
            list(distinct trigger_lines.product_group) as product_groups,
            any_value(trigger_lines.goal) as goal,
            any_value(trigger_lines.entry_gap_days) as entry_gap_days,
            any_value(trigger_lines.once_per) as once_per,
            any_value(trigger_lines.anchors_from) as anchors_from,
            coalesce(
                any_value({{ json_text('trigger_lines.trigger_params', '$.accessory_split') }}) = 'true',
                false
            ) as is_split,
            max(greatest(orders.received_on, trigger_lines.received_on)) as received_on
        from trigger_lines
        inner join orders on trigger_lines.order_id = orders.order_id and orders.is_valid
        group by trigger_lines.customer_id, trigger_lines.journey, trigger_lines.order_id, orders.ordered_at
    ),

    entered as ({{ entered_anchors('anchors') }}),

    entered_groups as (
        select customer_id, journey, anchor, anchor_at, unnest(product_groups) as product_group
        from entered
        where is_split or goal = 'accessory_bought'
    ),

    accessory_lines as (
        select order_lines.customer_id, order_lines.order_id, order_lines.ordered_at, accessories.from_group
        from order_lines
        inner join accessories on order_lines.product_id = accessories.product_id
        where
            order_lines.customer_id in (select entered_groups.customer_id from entered_groups)
            -- Said once for all of them: lines that lie too far back for everybody are not joined.
            and order_lines.ordered_at >= (
                select min(entered_groups.anchor_at) - to_days(any_value(policy.accessory_lookback_days))
                from entered_groups
                cross join policy
            )
    ),

    with_accessory as (
        select
            entered_groups.journey,
            entered_groups.customer_id,
            entered_groups.anchor,
            min(accessory_lines.order_id) as accessory_order_id,
            min(accessory_lines.ordered_at) filter (
                where accessory_lines.ordered_at > entered_groups.anchor_at
            ) as accessory_bought_at
        from entered_groups
        inner join
            accessory_lines
            on entered_groups.customer_id = accessory_lines.customer_id
            and entered_groups.product_group = accessory_lines.from_group
        cross join policy
        where accessory_lines.ordered_at >= entered_groups.anchor_at - to_days(policy.accessory_lookback_days)
        group by entered_groups.journey, entered_groups.customer_id, entered_groups.anchor
    ),

    final as (
        {{ trigger_columns(
            branch="""
                case
                    when not entered.is_split
                    then 'default'
                    when with_accessory.accessory_order_id is not null
                    then 'with_accessory'
                    else 'without_accessory'
                end""",
            order='entered.reference_order_id',
            product='entered.reference_product_id',
            goals={'accessory_bought': 'with_accessory.accessory_bought_at'},
            evidence={
                'order': 'entered.reference_order_id',
                'product': 'entered.reference_product_id',
                'accessory_order': 'with_accessory.accessory_order_id',
            },
        ) }}
        left join with_accessory using (journey, customer_id, anchor)
    )

select *
from final
