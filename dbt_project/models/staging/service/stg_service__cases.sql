with
    newest as ({{ newest_known(source('service', 'cases'), 'case_id') }}),
    final as (
        select
            case_id,
            {{ normalise_email('email') }} as email,
            {{ normalise_phone('phone') }} as phone,
            trim(member_id) as member_id,
            order_id as delivered_order_id,
            topic,
            opened_at,
            closed_at,
            updated_at,
            first_received_on,
            received_on
        from newest
    )
select *
from final
