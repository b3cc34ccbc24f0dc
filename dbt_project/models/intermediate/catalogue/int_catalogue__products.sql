-- The catalogue as it stands at as_of: which price is asked, whether the product can be bought.
{{ config(unique_key='product_id', meta={'compared': ['product_group', 'brand']}) }}
with
    products as (select * from {{ ref('stg_catalogue__products') }}),
    priced as (
        select
            *,
            case
                when
                    sale_price_minor < price_minor
                    and (
                        not is_sale_price_dated
                        or (sale_price_from_at <= {{ as_of() }} and sale_price_until_at > {{ as_of() }})
                    )
                then sale_price_minor
            end as sale_price_in_effect_minor,
            -- The first two levels of the path: narrow enough to be alike, wide enough to have best sellers.
            nullif(
                concat_ws(
                    ' > ',
                    nullif(trim(split_part(product_type, '>', 1)), ''),
                    nullif(trim(split_part(product_type, '>', 2)), '')
                ),
                ''
            ) as category
        from products
    ),
    final as (
        select
            product_id,
            title,
            description,
            link,
            image_link,
            availability,
            availability = 'in_stock' and coalesce(stock_quantity, 1) > 0 as is_in_stock,
            coalesce(price_minor > 0, false) as is_for_sale,
            price_minor,
            sale_price_in_effect_minor as sale_price_minor,
            coalesce(sale_price_in_effect_minor, price_minor) as current_price_minor,
            brand,
            product_type,
            category,
            item_group_id,
            product_group,
            stock_quantity,
            replenish_after_days,
            received_on
        from priced
    )
select *
from final
