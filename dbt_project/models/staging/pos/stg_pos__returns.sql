with
    first_told as ({{ first_known(source('pos', 'returns'), 'return_id', 'returned_at') }}),
    final as (
        select
            return_id,
            receipt_id,
            cast(line_number as integer) as line_number,
            product_id,
            cast(quantity as double) as quantity,
            {{ to_minor('amount') }} as amount_minor,
            returned_at,
            received_on
        from first_told
    )
select *
from final
