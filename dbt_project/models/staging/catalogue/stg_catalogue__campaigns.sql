with
    newest as ({{ newest_delivery(source('catalogue', 'campaigns')) }}),
    final as (
        select campaign_id, name, starts_on, ends_on, product_group, brand, product_id, received_on
        from newest
    )
select *
from final
