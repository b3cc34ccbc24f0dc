-- Everything delivered, with addresses in normal form. Only the staging model and the re-check of
-- withdrawals that happened since as_of read this; all others read what the run may know.
with
    source as (select * from {{ source('consent', 'events') }}),
    final as (
        select
            event_id,
            occurred_at,
            address as delivered_address,
            {{ normalise_address('address', 'lower(channel)', looked_up='known_number') }} as address,
            lower(channel) as channel,
            lower(purpose) as purpose,
            lower(action) as action,
            source,
            wording_version,
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
