-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as cart_id,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as anonymous_id,
    cast(null as timestamptz) as last_changed_at,
    cast(null as double) as n_items,
    cast(null as bigint) as value_minor,
    cast(null as varchar) as checkout_link,
    cast(null as varchar) as lines,
    cast(null as varchar) as bought_order_id,
    cast(null as timestamptz) as bought_at,
    cast(null as date) as received_on
where false
