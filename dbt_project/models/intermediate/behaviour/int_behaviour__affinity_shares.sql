-- What share of all that customers buy and look at has each product group and brand: what a customer's own
-- shares are compared with. Numbered by name, so that equal affinities have one order.
with
    by_value as (
        select kind, value, {{ exact_sum('weight') }} as weight
        from {{ ref('int_behaviour__affinity_weights') }}
        group by kind, value
    ),
    final as (
        select
            kind,
            value,
            weight / sum(weight) over (partition by kind) as shop_share,
            row_number() over (partition by kind order by value) as number
        from by_value
    )
select *
from final
