{{ config(unique_key='order_id') }}
{% set since = carried_from(
    [
        ref('int_purchases__orders'), ref('stg_webshop__order_lines'), ref('stg_pos__receipt_lines'),
        ref('int_purchases__returns'), ref('int_catalogue__products'),
    ]
) %}
{%- if since %}
    with
        affected as (
            select order_id
            from {{ affected_keys(ref('int_purchases__orders')) }}
            union all
            {{ orders_of_affected_lines() | indent(12) }}
            union all
            select order_id
            from {{ affected_keys(ref('int_purchases__returns')) }}
            union all
            -- A product of another group may count its items in another way.
            select 'webshop:' || webshop_order_id
            from {{ ref('stg_webshop__order_lines') }}
            semi join {{ affected_keys(ref('int_catalogue__products')) }} using (product_id)
            union all
            select 'pos:' || receipt_id
            from {{ ref('stg_pos__receipt_lines') }}
            semi join {{ affected_keys(ref('int_catalogue__products')) }} using (product_id)
        )
        {{ with_former_customers('affected', 'order_id') }} {{ carried_mark() }}
{%- endif %}
with
    orders as (select * from {{ ref('int_purchases__orders') }} {{ only_affected(since, 'order_id') }}),
    lines as ({{ netted_lines_of_affected(since) | indent(8) }}),
    bulk_products as (
        select product_id
        from {{ ref('int_catalogue__products') }}
        where product_group in ('{{ var("bulk_product_groups") | join("', '") }}')
    ),
    amounts as (
        select
            order_id,
            cast(sum(gross_amount_minor) as bigint) as gross_amount_minor,
            cast(sum(returned_amount_minor) as bigint) as returned_amount_minor,
            cast(sum(net_amount_minor) as bigint) as net_amount_minor,
            sum(
                case
                    when bulk_products.product_id is null
                    then quantity - returned_quantity
                    -- 40 litres are one purchase of fuel.
                    when quantity > returned_quantity
                    then 1
                    else 0
                end
            ) as n_items,
            max(last_received_on) as last_received_on
        from lines
        left join bulk_products using (product_id)
        group by order_id
    ),
    valued as (
        select
            orders.* exclude (last_received_on),
            -- Until its lines have come, an order is worth what it says itself.
            coalesce(
                amounts.gross_amount_minor, orders.total_amount_minor - orders.shipping_amount_minor
            ) as gross_amount_minor,
            coalesce(amounts.returned_amount_minor, 0) as returned_amount_minor,
            coalesce(amounts.n_items, 0) as n_items,
            greatest(orders.last_received_on, amounts.last_received_on) as last_received_on
        from orders
        left join amounts using (order_id)
    ),
    final as (
        select
            order_id,
            customer_id,
            sales_channel,
            store_id,
            ordered_at,
            {{ local_day('ordered_at') }} as ordered_on,
            status,
            status <> 'cancelled' and gross_amount_minor - returned_amount_minor > 0 as is_valid,
            is_gift,
            currency,
            gross_amount_minor,
            returned_amount_minor,
            gross_amount_minor - returned_amount_minor as net_amount_minor,
            n_items,
            shipping_amount_minor,
            discount_code,
            delivered_at,
            email,
            phone,
            received_on,
            last_received_on
        from valued
    )
select *
from final
