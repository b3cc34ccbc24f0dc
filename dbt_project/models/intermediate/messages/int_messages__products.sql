-- How a product is written into a message: one value per product, made once and not once per message.
with
    products as (select * from {{ ref('dim_products') }} where is_known),

    final as (
        select
            product_id,
            struct_pack(
                product_id := product_id,
                title := title,
                brand := brand,
                price_minor := current_price_minor,
                regular_price_minor := price_minor,
                image_link := image_link,
                link := link,
                product_group := product_group
            ) as card
        from products
    )

select *
from final
