-- interface placeholder: its owner replaces it
select
    cast(null as varchar) as event_id,
    cast(null as varchar) as message_id,
    cast(null as varchar) as campaign_id,
    cast(null as varchar) as class,
    cast(null as varchar) as customer_id,
    cast(null as varchar) as channel,
    cast(null as varchar) as event,
    cast(null as timestamptz) as occurred_at,
    cast(null as boolean) as is_machine,
    cast(null as varchar) as url,
    cast(null as date) as received_on
where false
