-- Shares are drawn towards the shop's own (shrinkage), so that two purchases make nobody a devotee; old
-- ones fade. What stands out most from the shop's share comes first: by the ratio alone, one jar of a
-- rare brand would.
{% set left = faded_since_month_start(var('affinity_half_life_days')) %}
{% set shrinkage = var('affinity_shrinkage') %}
with
    weights as (select * from {{ ref('int_behaviour__affinity_weights') }}),
    of_shop as (
        select kind, value, weight / sum(weight) over (partition by kind) as shop_share
        from
            (
                select kind, value, {{ exact_sum('weight') }} as weight from weights group by kind, value
            ) as by_value
    ),
    today as (
        select
            weights.customer_id,
            weights.kind,
            weights.value,
            weights.n_values,
            of_shop.shop_share,
            weights.weight / weights.total_weight as own_share,
            cast(weights.weight as double) * {{ left }} as weight,
            cast(weights.total_weight as double) * {{ left }} as total_weight
        from weights
        join of_shop using (kind, value)
    ),
    shrunk as (
        select *, (weight + {{ shrinkage }} * shop_share) / (total_weight + {{ shrinkage }}) as affinity
        from today
    ),
    foremost as (
        select
            customer_id,
            kind,
            any_value(n_values) as n_values,
            {{ first_n(
                "{
                    'less_than_shop': round(shop_share - affinity, 9),
                    'value': value,
                    'weight': weight,
                    'own_share': own_share,
                    'shop_share': shop_share,
                    'affinity': affinity
                }",
                var('affinity_depth'),
            ) }} as foremost
        from shrunk
        group by customer_id, kind
    ),
    ranked as (
        select customer_id, kind, n_values, unnest(foremost) as one, generate_subscripts(foremost, 1) as rank
        from foremost
    ),
    final as (
        select
            customer_id,
            kind,
            one.value,
            cast(rank as integer) as rank,
            one.weight,
            one.own_share,
            one.shop_share,
            one.affinity,
            one.affinity / one.shop_share as affinity_index,
            n_values,
            {{ run_date() }} as as_of_on
        from ranked
    )
select *
from final
