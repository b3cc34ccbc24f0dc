-- The recommended products of each anchor and slot, in the order in which they are shown. A step takes as
-- many from the front as it wants.
with
    recommendations as (select * from {{ ref('int_recommendations__for_candidates') }}),

    products as (select product_id from {{ ref('int_messages__products') }}),

    final as (
        select
            recommendations.customer_id,
            recommendations.journey,
            recommendations.anchor,
            {% for slot in recommendation_slots() -%}
                list(recommendations.product_id order by recommendations.rank) filter (
                    where recommendations.slot = '{{ slot }}'
                ) as {{ slot }}
                {{- ',' if not loop.last }}
            {% endfor %}
        from recommendations
        inner join products on recommendations.product_id = products.product_id
        group by recommendations.customer_id, recommendations.journey, recommendations.anchor
    )

select *
from final
