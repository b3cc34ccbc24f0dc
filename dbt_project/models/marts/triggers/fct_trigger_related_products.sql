-- Kinds matching_item (a purchase of something that has a matching item) and newer_version (the successor
-- of something bought came into stock). The message is about the related product; one that the customer
-- has already starts nothing new, and holds no longer.
with
    journeys as ({{ journeys_of(['matching_item', 'newer_version']) }}),

    relations as (
        select kind, from_product_id, to_product_id, rank, received_on
        from {{ ref('stg_catalogue__relations') }}
        where kind in ('matching', 'successor') and from_product_id is not null and to_product_id is not null
    ),

    -- Read in several ways: materialised once, all lines of all customers would be copied.
    order_lines as not materialized(
        select * from {{ ref('fct_order_lines') }} where is_valid and customer_id is not null
    ),

    changes as (
        select * from {{ ref('int_catalogue__product_changes') }} where change in ('new', 'back_in_stock')
    ),

    matching as (
        select
            journeys.*,
            order_lines.customer_id,
            'order:' || order_lines.order_id as anchor,
            order_lines.ordered_at as anchor_at,
            order_lines.order_id,
            order_lines.product_id as owned_product_id,
            relations.to_product_id as product_id,
            order_lines.received_on
        from journeys
        inner join order_lines on order_lines.ordered_at >= journeys.history_from
        inner join
            relations on relations.kind = 'matching' and order_lines.product_id = relations.from_product_id
        where journeys.trigger_kind = 'matching_item' and {{ in_trigger_list('order_lines.product_group') }}
        -- An order speaks of one matching item: that of its dearest line that has one.
        qualify
            row_number() over (
                partition by journeys.journey, order_lines.order_id
                order by
                    order_lines.net_amount_minor desc,
                    order_lines.product_id,
                    relations.rank,
                    relations.to_product_id
            )
            = 1
    ),

    newer as (
        select
            journeys.*,
            order_lines.customer_id,
            'product:' || changes.product_id || ':newer' as anchor,
            changes.changed_at as anchor_at,
            order_lines.order_id,
            order_lines.product_id as owned_product_id,
            changes.product_id,
            changes.received_on
        from journeys
        inner join changes on changes.changed_at >= journeys.anchors_from
        inner join relations on relations.kind = 'successor' and changes.product_id = relations.to_product_id
        inner join
            order_lines
            on relations.from_product_id = order_lines.product_id
            and order_lines.ordered_at < changes.changed_at
            and order_lines.ordered_at
            >= changes.changed_at - to_days({{ trigger_param('owned_within_days', 'integer', 'journeys') }})
        where journeys.trigger_kind = 'newer_version'
        -- Told once, however often it was bought, and however often the successor comes and goes.
        qualify
            row_number() over (
                partition by journeys.journey, order_lines.customer_id, changes.product_id
                order by changes.changed_at, order_lines.ordered_at desc, order_lines.order_id
            )
            = 1
    ),

    proposed as (
        select *
        from matching
        union all by name
        select *
        from newer
    ),

    had as (
        select order_lines.customer_id, order_lines.product_id, min(order_lines.ordered_at) as bought_at
        from order_lines
        where order_lines.product_id in (select proposed.product_id from proposed)
        group by order_lines.customer_id, order_lines.product_id
    ),

    anchors as (
        select proposed.*
        from proposed
        left join had on proposed.customer_id = had.customer_id and proposed.product_id = had.product_id
        where had.bought_at is null or had.bought_at > proposed.anchor_at
    ),

    entered as ({{ entered_anchors('anchors') }}),

    final as (
        {{ trigger_columns(
            order='entered.order_id',
            product='entered.product_id',
            evidence={
                'order': 'entered.order_id', 'product': 'entered.product_id', 'owned': 'entered.owned_product_id'
            },
        ) }}
    )

select *
from final
