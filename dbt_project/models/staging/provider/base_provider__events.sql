-- Everything delivered, with addresses in normal form. Only the staging model and the re-check of
-- withdrawals that happened since as_of read this; all others read what the run may know.
with
    source as (select * from {{ source('provider', 'events') }}),
    final as (
        select
            event_id,
            occurred_at,
            lower(channel) as channel,
            lower(event) as event,
            message_id,
            address as delivered_address,
            {{ normalise_address('address', 'lower(channel)', looked_up='known_number') }} as address,
            campaign_id,
            lower(class) as class,
            url,
            user_agent,
            ip_network,
            lower(bounce_type) as bounce_type,
            reason,
            received_on,
            source_file,
            source_line
        from source
        left join
            {{ foreign_numbers() }}
            on {{ is_foreign_number("case when lower(channel) = 'sms' then address end") }}
    )
select *
from final
