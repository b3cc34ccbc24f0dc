-- Shares are drawn towards the shop's own (shrinkage), so that two purchases make nobody a devotee; old
-- ones fade. What stands out most from the shop's share comes first: by the ratio alone, one jar of a
-- rare brand would. Long product views count for less than purchases.
with
    lines as (
        select
            customer_id,
            product_group,
            brand,
            {{ age_days('ordered_at') }} as age_days,
            cast(1 as double) as weight
        from {{ ref('fct_order_lines') }}
        where
            is_valid
            and customer_id is not null
            and not coalesce(is_gift, false)
            and ordered_at >= {{ local_instant(run_date() ~ ' - 365') }}
    ),
    viewed as (
        select
            customer_id,
            product_group,
            brand,
            {{ age_days('last_viewed_at') }} as age_days,
            cast({{ var('affinity_view_weight') }} as double) as weight
        from {{ ref('int_behaviour__product_views') }}
        where is_long_view and customer_id is not null
    ),
    signals as (
        select *
        from lines
        union all
        select *
        from viewed
    ),
    -- Rolled up once by both, so that the two sums below read few rows.
    rolled_up as (
        select
            customer_id,
            product_group,
            brand,
            {{ exact_sum('weight * pow(0.5, age_days / ' ~ var('affinity_half_life_days') ~ '.0)') }}
            as weight
        from signals
        group by customer_id, product_group, brand
    ),
    weighed as (
        select
            customer_id, 'product_group' as kind, product_group as value, {{ exact_sum('weight') }} as weight
        from rolled_up
        group by customer_id, product_group
        union all
        select customer_id, 'brand' as kind, brand as value, {{ exact_sum('weight') }} as weight
        from rolled_up
        group by customer_id, brand
    ),
    known as (select * from weighed where value is not null),
    of_shop as (
        select kind, value, weight / sum(weight) over (partition by kind) as shop_share
        from
            (
                select kind, value, {{ exact_sum('weight') }} as weight from known group by kind, value
            ) as by_value
    ),
    compared as (
        select
            known.*,
            of_shop.shop_share,
            sum(known.weight) over (partition by known.customer_id, known.kind) as total_weight,
            count(*) over (partition by known.customer_id, known.kind) as n_values
        from known
        join of_shop using (kind, value)
    ),
    shrunk as (
        select
            *,
            (weight + {{ var('affinity_shrinkage') }} * shop_share)
            / (total_weight + {{ var('affinity_shrinkage') }}) as affinity
        from compared
    ),
    final as (
        select
            customer_id,
            kind,
            value,
            cast(
                row_number() over (
                    partition by customer_id, kind order by round(affinity - shop_share, 9) desc, value
                ) as integer
            ) as rank,
            cast(weight as double) as weight,
            weight / total_weight as own_share,
            shop_share,
            affinity,
            affinity / shop_share as affinity_index,
            cast(n_values as integer) as n_values,
            {{ run_date() }} as as_of_on
        from shrunk
        qualify rank <= {{ var('affinity_depth') }}
    )
select *
from final
