-- Two years of messages, sorted by time as the hand-off exports them; one in a thousand is of a candidate's own anchor.
copy (
    select md5('m' || i) as message_id, cast(sent_at as date) as run_date,
        'c' || md5_number_lower('a' || n) % {customers} as customer_id,
        'j' || (1 + n % 10) as journey, 's' as step, case when i % 10 = 0 then 'sms' else 'email' end as channel,
        case when n % 10 < 5 then 'post_purchase' when n % 10 < 8 then 'lifecycle' else 'newsletter' end as class,
        'order:' || (n + case when i % 1000 = 5 then 0 else 1000000000 end) as anchor,
        null::varchar as experiment, null::varchar as variant, 'DELIVERED' as state, sent_at as send_at, sent_at,
        'consent' as permission_basis, 'E' as permission_id
    from (
        select i, case when i % 1000 = 5 then i // 1000 % {candidates} else i end as n,
            timestamptz '{day} 00:00:00+00' - to_seconds(3600 * 24 * 730 * (1 - i / {messages})) as sent_at
        from range({messages}) t(i)
    )
    order by sent_at
) to '{log}' (format parquet, compression zstd)
