-- What changed about products lately, from one delivered version to the next: newly offered, back in
-- stock, cheaper, fewer left. Bounded by the journeys that ask; only products with a version in that time
-- are looked at.
with
    reach as (
        select coalesce(min(history_from), {{ as_of() }}) as changes_from
        from {{ ref('int_triggers__journeys') }}
        where trigger_kind in ('newer_version', 'back_in_stock', 'price_drop', 'low_stock')
    ),

    known as (
        select
            id as product_id,
            updated_at,
            received_on,
            source_file,
            source_line,
            availability,
            cast(stock_quantity as integer) as stock_quantity,
            price,
            sale_price,
            sale_price_effective_date
        from {{ source('catalogue', 'products') }}
        where {{ known_as_of('updated_at') }} and id is not null
    ),

    -- The first delivery of a catalogue offers everything for the first time; that is no news.
    opening as (select min(received_on) as opened_on from known),

    recent as (
        select distinct known.product_id
        from known
        cross join reach
        cross join opening
        where known.updated_at >= reach.changes_from and known.received_on > opening.opened_on
    ),

    versions as (
        select
            known.product_id,
            known.updated_at,
            known.received_on,
            known.availability = 'in_stock' as is_in_stock,
            known.stock_quantity,
            {{ feed_price_minor('known.price') }} as regular_price_minor,
            {{ feed_price_minor('known.sale_price') }} as sale_price_minor,
            {{ feed_instant("split_part(known.sale_price_effective_date, '/', 1)") }} as sale_from_at,
            {{ feed_instant("split_part(known.sale_price_effective_date, '/', 2)") }} as sale_until_at,
            known.source_file,
            known.source_line
        from known
        inner join recent on known.product_id = recent.product_id
    ),

    priced as (
        select
            *,
            -- A sale that begins later is a change of its beginning, one that is over none at all.
            case
                when
                    sale_price_minor is not null
                    and coalesce(sale_from_at < {{ as_of() }}, true)
                    and coalesce(sale_until_at > greatest(updated_at, sale_from_at), true)
                then least(regular_price_minor, sale_price_minor)
                else regular_price_minor
            end as price_minor,
            greatest(updated_at, case when sale_from_at < {{ as_of() }} then sale_from_at end) as priced_at
        from versions
    ),

    compared as (
        select
            *,
            lag(updated_at) over in_order as old_updated_at,
            lag(is_in_stock) over in_order as was_in_stock,
            lag(stock_quantity) over in_order as old_stock_quantity,
            lag(price_minor) over in_order as old_price_minor
        from priced
        window
            in_order as (partition by product_id order by updated_at, received_on, source_file, source_line)
    ),

    changed as (
        select compared.*, 'new' as change, compared.updated_at as changed_at
        from compared
        cross join opening
        where
            compared.old_updated_at is null
            and compared.is_in_stock
            and compared.received_on > opening.opened_on
        union all
        select *, 'back_in_stock', updated_at
        from compared
        where is_in_stock and not was_in_stock
        union all
        select *, 'price_drop', priced_at
        from compared
        where price_minor < old_price_minor
        union all
        select *, 'low_stock', updated_at
        from compared
        where is_in_stock and stock_quantity < old_stock_quantity
    ),

    final as (
        select
            changed.product_id,
            changed.change,
            changed.changed_at,
            changed.price_minor,
            changed.old_price_minor,
            changed.stock_quantity,
            changed.old_stock_quantity,
            changed.received_on
        from changed
        cross join reach
        where changed.changed_at >= reach.changes_from and changed.changed_at < {{ as_of() }}
    )

select *
from final
