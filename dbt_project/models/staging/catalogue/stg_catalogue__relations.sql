with
    newest as ({{ newest_delivery(source('catalogue', 'relations')) }}),
    final as (
        select
            kind,
            from_group,
            from_product_id,
            to_group,
            to_product_id,
            cast(rank as integer) as rank,
            received_on
        from newest
    )
select *
from final
