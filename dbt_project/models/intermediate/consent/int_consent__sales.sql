-- Addresses that came from a sale, for the existing-customer basis: one row per order, channel that the
-- policy allows it on, and address. The basis ends with the setting's months, in calendar months of the
-- retailer's zone; the last instant belongs to it, so the half-open end is a microsecond later.
with
    settings as (select * from {{ ref('stg_templates__policy_settings') }}),
    orders as (select * from {{ ref('fct_orders') }} where is_valid and customer_id is not null),
    addresses as (
        select order_id, customer_id, ordered_at, 'email' as channel, email as address
        from orders
        where email is not null
        union all
        select order_id, customer_id, ordered_at, 'sms', phone
        from orders
        where phone is not null
    ),
    final as (
        select
            addresses.*,
            {{ local_instant(
                local_day('addresses.ordered_at') ~ " + to_months(settings.soft_opt_in_months)",
                local_time('addresses.ordered_at')
            ) }} + interval 1 microsecond as ends_at
        from addresses
        join settings on list_contains(settings.soft_opt_in_channels, addresses.channel)
    )
select *
from final
