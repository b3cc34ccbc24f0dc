-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as customer_id,
    cast(null as varchar) as journey,
    cast(null as varchar) as step,
    cast(null as varchar) as anchor,
    cast(null as timestamptz) as anchor_at,
    cast(null as timestamptz) as due_at,
    cast(null as timestamptz) as expires_at,
    cast(null as varchar) as branch,
    cast(null as varchar) as class,
    cast(null as integer) as priority,
    cast(null as timestamptz) as goal_reached_at,
    cast(null as varchar) as reference_order_id,
    cast(null as varchar) as reference_product_id,
    cast(null as varchar) as reference_cart_id,
    cast(null as varchar) as evidence,
    cast(null as boolean) as is_due,
    cast(null as date) as received_on
where false
