-- Slots `successor`, `matching` (the curated relations of what steers: the order's products and the one
-- the trigger names) and `buy_again` (what the customer is about to run out of, the first to run out
-- first). Inlined where it is read: few journeys ask for these slots, and a table for them would cost
-- every day the same.
{{ config(materialized='ephemeral') }}
with
    related_slots as (
        select *
        from {{ ref('int_recommendations__slots') }}
        where slot in ('successor', 'matching', 'buy_again')
    ),
    kept_out as (select * from {{ ref('int_recommendations__kept_out') }}),
    products as (
        select
            product_id, product_group, item_group_id, is_known and is_in_stock and is_for_sale as can_be_shown
        from {{ ref('dim_products') }}
    ),
    relations as (
        select * from {{ ref('stg_catalogue__relations') }} where kind in ('successor', 'matching')
    ),
    popular as (
        select product_id, n_buyers from {{ ref('int_recommendations__best_sellers') }} where category is null
    ),
    steering as (
        select customer_id, journey, anchor, slot, reference_product_id as product_id
        from related_slots
        where slot <> 'buy_again' and reference_product_id is not null
        union
        select slots.customer_id, slots.journey, slots.anchor, slots.slot, order_lines.product_id
        from related_slots as slots
        inner join
            {{ ref('fct_order_lines') }} as order_lines
            on slots.seed_order_id = order_lines.order_id
            and slots.customer_id = order_lines.customer_id
        where slots.slot <> 'buy_again' and order_lines.is_valid
    ),
    reached as (
        select steering.*, relations.to_group, relations.to_product_id, relations.rank
        from steering
        inner join products on steering.product_id = products.product_id
        inner join
            relations
            on steering.slot = relations.kind
            and (
                relations.from_product_id = products.product_id
                or relations.from_group = products.product_group
            )
    ),
    targets as (
        select customer_id, journey, anchor, slot, rank, to_product_id as target_id
        from reached
        where to_product_id is not null
        union all
        select
            reached.customer_id,
            reached.journey,
            reached.anchor,
            reached.slot,
            reached.rank,
            products.product_id
        from reached
        inner join products on reached.to_group = products.product_group
        where reached.to_product_id is null
    ),
    by_relation as (
        select
            targets.customer_id,
            targets.journey,
            targets.anchor,
            targets.slot,
            targets.target_id as product_id,
            cast(coalesce(any_value(popular.n_buyers), 0) as double) as score,
            cast(min(coalesce(targets.rank, 2147483647)) as bigint) as method_order
        from targets
        inner join products on targets.target_id = products.product_id and products.can_be_shown
        left join popular on targets.target_id = popular.product_id
        anti join
            kept_out on targets.customer_id = kept_out.customer_id and targets.target_id = kept_out.product_id
        group by targets.customer_id, targets.journey, targets.anchor, targets.slot, targets.target_id
    ),
    again as (
        -- Owned is the point here; what came back, lies in the cart or was dearer lately stays out.
        select
            slots.customer_id,
            slots.journey,
            slots.anchor,
            slots.slot,
            replenishment.product_id,
            replenishment.repeat_probability as score,
            {{ epoch_milliseconds('replenishment.due_at') }} as method_order
        from related_slots as slots
        inner join
            {{ ref('int_behaviour__replenishment') }} as replenishment
            on slots.customer_id = replenishment.customer_id
        inner join products on replenishment.product_id = products.product_id and products.can_be_shown
        anti join
            (select customer_id, product_id from kept_out where reason <> 'owned') as unwanted
            on replenishment.customer_id = unwanted.customer_id
            and replenishment.product_id = unwanted.product_id
        where slots.slot = 'buy_again'
    ),
    final as (
        select *, slot as method
        from by_relation
        union all
        select *, slot as method
        from again
    )
select *
from final
