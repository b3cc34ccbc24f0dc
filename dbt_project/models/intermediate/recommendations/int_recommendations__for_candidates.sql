-- The products shown to each due candidate. What a customer must not see is already out when the top is
-- taken, so a long-standing customer gets as many recommendations as a new one.
with
    slots as (
        -- A number stands for the four texts that name a slot while its products are sorted out.
        select *, row_number() over (order by customer_id, journey, anchor, slot) as slot_number
        from {{ ref('int_recommendations__slots') }}
    ),

    proposed as (
        select *, 'also_bought' as slot
        from {{ ref('int_recommendations__proposed_also_bought') }}
        union all
        select *, 'accessories' as slot
        from {{ ref('int_recommendations__proposed_accessories') }}
        union all by name
        select *
        from {{ ref('int_recommendations__proposed_related') }}
    ),

    once as (
        -- A product proposed for several reasons is shown once, for the strongest.
        select
            slots.slot_number,
            proposed.product_id,
            min_by(proposed.method, proposed.method_order) as method,
            min(proposed.method_order) as method_order,
            arg_min(proposed.score, proposed.method_order) as score
        from proposed
        inner join
            slots
            on proposed.customer_id = slots.customer_id
            and proposed.journey = slots.journey
            and proposed.anchor = slots.anchor
            and proposed.slot = slots.slot
        group by slots.slot_number, proposed.product_id
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by slot_number order by method_order, score desc nulls last, product_id
            ) as rank
        from once
    ),

    final as (
        select
            slots.customer_id,
            slots.journey,
            slots.anchor,
            slots.slot,
            cast(ranked.rank as integer) as rank,
            ranked.product_id,
            ranked.method,
            ranked.score
        from ranked
        inner join slots on ranked.slot_number = slots.slot_number
        where ranked.rank <= slots.max_recommendations
    )

select *
from final
