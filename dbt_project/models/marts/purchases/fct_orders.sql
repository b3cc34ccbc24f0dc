-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as order_id,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as sales_channel,
    cast(null as varchar) as store_id,
    cast(null as timestamptz) as ordered_at,
    cast(null as date) as ordered_on,
    cast(null as varchar) as status,
    cast(null as boolean) as is_valid,
    cast(null as boolean) as is_gift,
    cast(null as varchar) as currency,
    cast(null as bigint) as gross_amount_minor,
    cast(null as bigint) as returned_amount_minor,
    cast(null as bigint) as net_amount_minor,
    cast(null as double) as n_items,
    cast(null as bigint) as shipping_amount_minor,
    cast(null as varchar) as discount_code,
    cast(null as timestamptz) as delivered_at,
    cast(null as varchar) as email,
    cast(null as varchar) as phone,
    cast(null as date) as received_on
where false
