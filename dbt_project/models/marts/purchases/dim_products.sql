-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as product_id,
    cast(null as varchar) as title,
    cast(null as varchar) as description,
    cast(null as varchar) as link,
    cast(null as varchar) as image_link,
    cast(null as varchar) as availability,
    cast(null as boolean) as is_in_stock,
    cast(null as boolean) as is_for_sale,
    cast(null as bigint) as price_minor,
    cast(null as bigint) as sale_price_minor,
    cast(null as bigint) as current_price_minor,
    cast(null as varchar) as brand,
    cast(null as varchar) as product_type,
    cast(null as varchar) as category,
    cast(null as varchar) as item_group_id,
    cast(null as varchar) as product_group,
    cast(null as integer) as stock_quantity,
    cast(null as integer) as replenish_after_days,
    cast(null as boolean) as is_known
where false
