-- Shares are drawn towards the shop's own (shrinkage), so that two purchases make nobody a devotee; old
-- ones fade. What stands out most from the shop's share comes first: by the ratio alone, one jar of a
-- rare brand would.
-- What is kept of a group while its rows are read cannot be spilled: numbers only, which are also quicker
-- to compare than texts.
-- A view: every figure in it moves every day for everybody, and nothing that decides reads it. So it is
-- made once, for the analysts' copy, when the messages have left.
{{ config(materialized='view') }}
{% set left = faded_since_month_start(var('affinity_half_life_days')) %}
{% set shrinkage, depth = var('affinity_shrinkage'), var('affinity_depth') %}
{% set affinity %}(weight * {{ left }} + {{ shrinkage }} * shop_share) / (total_weight * {{ left }} + {{ shrinkage }}){% endset %}
with
    weights as (
        select customer_id, kind, value, weight, cast(total_weight as double) as total_weight, n_values
        from {{ ref('int_behaviour__affinity_weights') }}
    ),
    of_shop as (select * from {{ ref('int_behaviour__affinity_shares') }}),
    compared as (
        select weights.* replace (cast(weight as double) as weight), of_shop.number, of_shop.shop_share
        from weights
        join of_shop using (kind, value)
    ),
    placed as (
        -- In billionths, so that the order is the same on every machine; equal ones by name.
        select *, cast(round((shop_share - {{ affinity }}) * 1e9) as bigint) * 1000000000 + number as place
        from compared
    ),
    foremost as (
        select
            customer_id,
            kind,
            any_value(n_values) as n_values,
            any_value(total_weight) as total_weight,
            {{ first_n_by('number', 'place', depth) }} as numbers,
            {{ first_n_by('weight', 'place', depth) }} as weights
        from placed
        group by customer_id, kind
    ),
    ranked as (
        select
            * exclude (numbers, weights),
            unnest(numbers) as number,
            unnest(weights) as weight,
            generate_subscripts(numbers, 1) as rank
        from foremost
    ),
    shares as (
        select *, weight / total_weight as own_share, {{ affinity }} as affinity
        from ranked
        join of_shop using (kind, number)
    ),
    final as (
        select
            customer_id,
            kind,
            value,
            cast(rank as integer) as rank,
            weight * {{ left }} as weight,
            own_share,
            shop_share,
            affinity,
            affinity / shop_share as affinity_index,
            n_values,
            {{ run_date() }} as as_of_on
        from shares
    )
select *
from final
