with
    first_told as ({{ first_known(source('webshop', 'order_lines'), 'order_id, line_number', none) }}),
    final as (
        select
            order_id as webshop_order_id,
            cast(line_number as integer) as line_number,
            product_id,
            cast(quantity as double) as quantity,
            {{ to_minor('unit_price') }} as unit_price_minor,
            coalesce({{ to_minor('discount_amount') }}, 0) as discount_amount_minor,
            {{ to_minor('line_amount') }} as line_amount_minor,
            received_on
        from first_told
    )
select *
from final
