-- A view over typed Parquet: events are left where they lie, and every reader filters before any window.
-- Repeated messageIds are therefore not ranked here; readers aggregate by message_id or are indifferent to
-- repeats.
with
    known as (select * from {{ source('tracker', 'events') }} where {{ known_as_of('"timestamp"') }}),
    final as (
        select
            messageid as message_id,
            type as event_type,
            event as event_name,
            anonymousid as anonymous_id,
            userid as user_id,
            "timestamp" as occurred_at,
            product_id,
            products,
            cart_id,
            order_id as webshop_order_id,
            cast(quantity as double) as quantity,
            {{ to_minor('price') }} as price_minor,
            currency,
            query,
            url,
            cast(duration_s as double) as duration_s,
            user_agent,
            page,
            campaign,
            traits_email,
            source_line,
            received_on
        from known
    )
select *
from final
