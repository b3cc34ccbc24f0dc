with
    first_told as ({{ first_known(source('privacy', 'erasures'), 'request_id', 'requested_at') }}),
    final as (
        select
            request_id,
            requested_at,
            {{ normalise_email('email') }} as email,
            {{ normalise_phone('phone') }} as phone,
            trim(member_id) as member_id,
            received_on
        from first_told
    )
select *
from final
