-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as order_id,
    cast(null as integer) as line_number,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as product_id,
    cast(null as varchar) as product_group,
    cast(null as varchar) as brand,
    cast(null as timestamptz) as ordered_at,
    cast(null as double) as quantity,
    cast(null as double) as returned_quantity,
    cast(null as bigint) as unit_price_minor,
    cast(null as bigint) as discount_amount_minor,
    cast(null as bigint) as gross_amount_minor,
    cast(null as bigint) as returned_amount_minor,
    cast(null as bigint) as net_amount_minor,
    cast(null as boolean) as is_valid,
    cast(null as boolean) as is_gift,
    cast(null as date) as received_on
where false
