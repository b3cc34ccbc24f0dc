-- E-mail and phone stay as delivered: identity normalises them together with every other source's.
with
    newest as ({{ newest_known(source('pos', 'customers'), 'pos_customer_id') }}),
    final as (
        select
            pos_customer_id,
            name,
            email,
            phone,
            postal_code,
            member_id,
            updated_at,
            first_received_on,
            received_on
        from newest
    )
select *
from final
