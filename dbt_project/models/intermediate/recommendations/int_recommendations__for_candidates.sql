-- The products shown to each due candidate. What a customer must not see is already out when the top is
-- taken, so a long-standing customer gets as many recommendations as a new one.
with
    slots as (select * from {{ ref('int_recommendations__slots') }}),

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
            customer_id,
            journey,
            anchor,
            slot,
            product_id,
            min_by(method, method_order) as method,
            min(method_order) as method_order,
            arg_min(score, method_order) as score
        from proposed
        group by customer_id, journey, anchor, slot, product_id
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by customer_id, journey, anchor, slot
                order by method_order, score desc nulls last, product_id
            ) as rank
        from once
    ),

    final as (
        select
            ranked.customer_id,
            ranked.journey,
            ranked.anchor,
            ranked.slot,
            cast(ranked.rank as integer) as rank,
            ranked.product_id,
            ranked.method,
            ranked.score
        from ranked
        inner join
            slots
            on ranked.customer_id = slots.customer_id
            and ranked.journey = slots.journey
            and ranked.anchor = slots.anchor
            and ranked.slot = slots.slot
        where ranked.rank <= slots.max_recommendations
    )

select *
from final
