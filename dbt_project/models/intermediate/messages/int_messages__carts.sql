-- The carts that messages of this run speak of, lines in the cart's own order and at the cart's prices.
with
    carts as (
        select carts.*
        from {{ ref('fct_carts') }} as carts
        semi join
            {{ ref('int_decisions__candidates') }} as candidates
            on carts.cart_id = candidates.reference_cart_id
    ),

    products as (select * from {{ ref('int_messages__products') }}),

    cart_lines as (
        select
            carts.cart_id,
            cast(cart_line.key as integer) as position,
            json_extract_string(cart_line.value, '$.product_id') as product_id,
            cast(json_extract_string(cart_line.value, '$.quantity') as double) as quantity,
            cast(json_extract_string(cart_line.value, '$.price_minor') as bigint) as price_minor
        from carts
        cross join json_each(carts.lines) as cart_line
    ),

    line_references as (
        select
            cart_lines.cart_id,
            list(
                {{ line_reference(
                    'cart_lines.product_id',
                    price_minor='coalesce(cart_lines.price_minor, products.card.price_minor)',
                    quantity='cart_lines.quantity',
                ) }}
                order by cart_lines.position
            ) as lines
        from cart_lines
        inner join products on cart_lines.product_id = products.product_id
        group by cart_lines.cart_id
    ),

    final as (
        select
            carts.cart_id,
            struct_pack(
                cart_id := carts.cart_id,
                checkout_link := carts.checkout_link,
                total_minor := carts.value_minor,
                lines := coalesce(line_references.lines, [])
            ) as cart_card
        from carts
        left join line_references on carts.cart_id = line_references.cart_id
    )

select *
from final
