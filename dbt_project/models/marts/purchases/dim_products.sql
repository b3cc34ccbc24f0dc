with
    products as (select * from {{ ref('int_catalogue__products') }}),
    lines as (select * from {{ ref('fct_order_lines') }}),
    unknown as (
        select distinct product_id
        from lines
        anti join products using (product_id)
        where product_id is not null
    ),
    final as (
        select * exclude (received_on), true as is_known
        from products
        union all by name
        -- Sold, but in no catalogue: kept so that every line finds its product, never offered to anybody.
        select product_id, false as is_in_stock, false as is_for_sale, false as is_known
        from unknown
    )
select *
from final
