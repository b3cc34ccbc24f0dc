-- Slot `accessories`: the curated accessories of the trigger's product group that the customer lacks:
-- neither bought in the anchor's order, nor since, nor in the days before (policy). One accessory of a
-- kind is enough: whoever has a grill brush lacks no other grill brush.
with
    slots as (select * from {{ ref('int_recommendations__slots') }} where slot = 'accessories'),

    kept_out as (select * from {{ ref('int_recommendations__kept_out') }}),

    policy as (select * from {{ ref('stg_templates__policy_settings') }}),

    products as (select * from {{ ref('dim_products') }}),

    accessories as (
        select
            accessories.from_group,
            accessories.product_id,
            accessories.rank,
            products.product_group as kind,
            products.is_known and products.is_in_stock and products.is_for_sale as can_be_shown
        from {{ ref('int_catalogue__accessories') }} as accessories
        inner join products on accessories.product_id = products.product_id
    ),

    proposed as (
        select slots.customer_id, slots.journey, slots.anchor, slots.anchor_at, accessories.*
        from slots
        inner join products on slots.reference_product_id = products.product_id
        inner join accessories on products.product_group = accessories.from_group
    ),

    lately_had as (
        -- A purchase before the look-back says nothing about today; prices and carts speak for themselves.
        select
            proposed.customer_id,
            proposed.journey,
            proposed.anchor,
            proposed.kind,
            proposed.product_id,
            kept_out.reason
        from proposed
        cross join policy
        inner join
            kept_out
            on proposed.customer_id = kept_out.customer_id
            and proposed.product_id = kept_out.product_id
        where
            kept_out.reason <> 'owned'
            or {{ local_day('kept_out.last_ordered_at') }}
            >= {{ local_day('proposed.anchor_at') }} - policy.accessory_lookback_days
    ),

    kinds_had as (select distinct customer_id, journey, anchor, kind from lately_had where reason = 'owned'),

    final as (
        select
            proposed.customer_id,
            proposed.journey,
            proposed.anchor,
            proposed.product_id,
            cast(null as double) as score,
            'accessory' as method,
            proposed.rank as method_order
        from proposed
        anti join
            lately_had
            on proposed.customer_id = lately_had.customer_id
            and proposed.journey = lately_had.journey
            and proposed.anchor = lately_had.anchor
            and proposed.product_id = lately_had.product_id
        anti join
            kinds_had
            on proposed.customer_id = kinds_had.customer_id
            and proposed.journey = kinds_had.journey
            and proposed.anchor = kinds_had.anchor
            and proposed.kind = kinds_had.kind
        where proposed.can_be_shown
    )

select *
from final
