with
    first_told as ({{ first_known(source('pos', 'receipts'), 'receipt_id', 'sold_at') }}),
    final as (
        select
            receipt_id,
            store_id,
            pos_customer_id,
            member_id,
            sold_at,
            currency,
            {{ to_minor('total_amount') }} as total_amount_minor,
            received_on
        from first_told
    )
select *
from final
