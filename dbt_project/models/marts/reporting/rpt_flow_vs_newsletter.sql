-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as message_kind,
    cast(null as bigint) as n_delivered,
    cast(null as double) as open_rate,
    cast(null as double) as click_rate,
    cast(null as double) as click_to_open_rate,
    cast(null as double) as revenue_per_recipient_minor,
    cast(null as double) as average_receipt_minor
where false
