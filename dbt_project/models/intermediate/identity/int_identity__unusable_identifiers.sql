-- What was delivered as an address or number but identifies and reaches nobody, with the reason. Nothing
-- is dropped in silence: every delivered value is either an identifier or here.
with
    records as (select * from {{ ref('int_identity__records') }}),
    identifiers as (select * from {{ ref('int_identity__identifiers') }}),
    malformed as (
        select
            record_id,
            'email' as identifier_kind,
            delivered_email as delivered_value,
            'no_email_address' as reason
        from records
        where email is null and trim(delivered_email) <> ''
        union all
        select
            record_id,
            'phone',
            delivered_phone,
            case
                when {{ has_calling_code('delivered_phone') }} then 'no_such_number' else 'no_phone_number'
            end
        from records
        where phone is null and trim(delivered_phone) <> ''
    ),
    blocked as (
        select record_id, identifier_kind, identifier_value as delivered_value, block_reason as reason
        from identifiers
        where is_blocked
    ),
    final as (
        select *
        from malformed
        union all
        select *
        from blocked
    )
select *
from final
