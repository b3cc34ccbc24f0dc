with
    newest as ({{ newest_known(source('loyalty', 'benefits'), 'benefit_id') }}),
    final as (
        select
            benefit_id,
            trim(member_id) as member_id,
            lower(kind) as kind,
            code,
            value,
            issued_at,
            expires_at,
            used_at,
            updated_at,
            received_on
        from newest
    )
select *
from final
