with
    newest as (
        {{ newest_known(source('catalogue', 'products'), 'id') }}
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
select * from final
