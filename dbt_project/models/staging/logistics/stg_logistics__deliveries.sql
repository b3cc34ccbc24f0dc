with
    newest as ({{ newest_known(source('logistics', 'deliveries'), 'order_id') }}),
    final as (
        select
            order_id as webshop_order_id,
            status,
            -- A delivery that is only promised has not happened.
            case when delivered_at < {{ as_of() }} then delivered_at end as delivered_at,
            updated_at,
            received_on
        from newest
    )
select *
from final
