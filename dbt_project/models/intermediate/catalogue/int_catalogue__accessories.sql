-- The curated map group -> accessory, expanded to products. A relation may name groups or products on
-- either side; a product that several relations reach keeps its best place.
with
    relations as (select * from {{ ref('stg_catalogue__relations') }} where kind = 'accessory'),
    products as (select * from {{ ref('int_catalogue__products') }}),
    started as (
        select
            coalesce(relations.from_group, starts.product_group) as from_group,
            relations.to_group,
            relations.to_product_id,
            coalesce(relations.rank, 2147483647) as relation_rank
        from relations
        left join products as starts on starts.product_id = relations.from_product_id
    ),
    reached as (
        select started.from_group, products.product_id, started.relation_rank
        from started
        join products on products.product_id = started.to_product_id
        union all
        select started.from_group, products.product_id, started.relation_rank
        from started
        join products on products.product_group = started.to_group
        where started.to_product_id is null
    ),
    final as (
        select
            from_group,
            product_id,
            cast(
                row_number() over (partition by from_group order by min(relation_rank), product_id) as integer
            ) as rank
        from reached
        where from_group is not null
        group by from_group, product_id
    )
select *
from final
