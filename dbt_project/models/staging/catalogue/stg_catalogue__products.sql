-- The feed is wide and most products have one version: only ids told more than once are ranked.
with
    known as (
        select *
        from {{ source('catalogue', 'products') }}
        where {{ known_as_of('updated_at') }} and id is not null
    ),
    repeated as (select id from known group by id having count(*) > 1),
    newest as (
        select known.*
        from known
        anti join repeated using (id)
        union all
        select known.*
        from known
        semi join repeated using (id)
        qualify
            row_number() over (
                partition by id order by updated_at desc, received_on desc, source_file desc, source_line desc
            )
            = 1
    ),
    final as (
        select
            id as product_id,
            title,
            description,
            link,
            image_link,
            availability,
            {{ feed_price_minor('price') }} as price_minor,
            {{ feed_price_minor('sale_price') }} as sale_price_minor,
            nullif(trim(sale_price_effective_date), '') is not null as is_sale_price_dated,
            {{ feed_instant("split_part(sale_price_effective_date, '/', 1)") }} as sale_price_from_at,
            {{ feed_instant("split_part(sale_price_effective_date, '/', 2)") }} as sale_price_until_at,
            brand,
            gtin,
            product_type,
            item_group_id,
            product_group,
            cast(stock_quantity as integer) as stock_quantity,
            cast(replenish_after_days as integer) as replenish_after_days,
            updated_at,
            received_on
        from newest
    )
select *
from final
