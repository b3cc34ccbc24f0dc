with
    first_told as ({{ first_known(source('pos', 'receipt_lines'), 'receipt_id, line_number', none) }}),
    final as (
        select
            receipt_id,
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
