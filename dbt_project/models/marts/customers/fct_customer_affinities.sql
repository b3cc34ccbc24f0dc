-- Shares are drawn towards the shop's own (shrinkage), so that two purchases make nobody a devotee; old
-- ones fade. What stands out most from the shop's share comes first: by the ratio alone, one jar of a
-- rare brand would.
-- What is kept of a group while its rows are read cannot be spilled: only what the shares are made of.
{% set left = faded_since_month_start(var('affinity_half_life_days')) %}
{% set shrinkage = var('affinity_shrinkage') %}
{% set weight_today = 'cast(weight as double) * ' ~ left %}
{% set total_today = 'cast(total_weight as double) * ' ~ left %}
{% set affinity %}({{ weight_today }} + {{ shrinkage }} * shop_share) / ({{ total_today }} + {{ shrinkage }}){% endset %}
with
    weights as (select * from {{ ref('int_behaviour__affinity_weights') }}),
    of_shop as (
        select kind, value, weight / sum(weight) over (partition by kind) as shop_share
        from
            (
                select kind, value, {{ exact_sum('weight') }} as weight from weights group by kind, value
            ) as by_value
    ),
    foremost as (
        select
            customer_id,
            kind,
            any_value(n_values) as n_values,
            any_value(total_weight) as total_weight,
            {{ first_n(
                "{'less_than_shop': round(shop_share - " ~ affinity ~ ", 9), 'value': value, 'weight': weight}",
                var('affinity_depth'),
            ) }}
            as foremost
        from weights
        join of_shop using (kind, value)
        group by customer_id, kind
    ),
    ranked as (
        select
            * exclude (foremost),
            unnest(foremost, recursive := true),
            generate_subscripts(foremost, 1) as rank
        from foremost
    ),
    shares as (
        select *, weight / total_weight as own_share, {{ affinity }} as affinity
        from ranked
        join of_shop using (kind, value)
    ),
    final as (
        select
            customer_id,
            kind,
            value,
            cast(rank as integer) as rank,
            {{ weight_today }} as weight,
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
