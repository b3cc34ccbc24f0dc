-- The newest known version of each order, plus what only its older versions tell: when it was first seen
-- cancelled.
{{ config(materialized='table', unique_key='webshop_order_id') }}
{% set since = carried_from() %}
{% set delivered = affected_rows(source('webshop', 'orders'), 'order_id', since, named='webshop_order_id') %}
{%- if since %}
    -- With whose each was: an account that loses an order changes as well.
    select changed.webshop_order_id, before.account_id as previous_account_id
    from
        (
            {{ versions_since(source('webshop', 'orders'), 'order_id', 'webshop_order_id', 'placed_at', since) | indent(12) }}
        ) as changed
    left join {{ this }} as before using (webshop_order_id) {{ carried_mark() }}
{%- endif %}
with
    newest as ({{ newest_known(delivered, 'order_id') }}),
    versions as (
        select
            order_id,
            min(updated_at) filter (where status = 'cancelled') as cancelled_at,
            min(received_on) filter (where status = 'cancelled') as cancelled_received_on
        from {{ delivered }} as delivered
        where {{ known_as_of('updated_at') }} and order_id is not null
        group by order_id
    ),
    final as (
        select
            newest.order_id as webshop_order_id,
            newest.account_id,
            newest.email,
            newest.phone,
            newest.placed_at,
            newest.status,
            newest.currency,
            {{ to_minor('newest.total_amount') }} as total_amount_minor,
            coalesce({{ to_minor('newest.shipping_amount') }}, 0) as shipping_amount_minor,
            newest.discount_code,
            coalesce(newest.is_gift, false) as is_gift,
            newest.delivery_method,
            newest.store_id,
            newest.updated_at,
            -- An order that was reinstated is not cancelled any more.
            case when newest.status = 'cancelled' then versions.cancelled_at end as cancelled_at,
            case
                when newest.status = 'cancelled' then versions.cancelled_received_on
            end as cancelled_received_on,
            newest.first_received_on,
            newest.received_on
        from newest
        join versions using (order_id)
        where newest.placed_at < {{ as_of() }}
    )
select *
from final
