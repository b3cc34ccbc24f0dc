-- Of all addresses that a customer has on a channel the one to write to: not suppressed, permitted for
-- marketing, newest, then by value. An open address comes before a permitted one that bounces: marketing may
-- go to neither, but news of an order arrives. There is a row as soon as there is an address, so that the
-- gates can say what is missing.
{{ config(unique_key=['customer_id', 'channel'], meta={'carried_by': ['customer_id']}) }}
{% set identifiers = ref('dim_customer_identifiers') %}
{% set permissions, suppressions = ref('fct_permissions'), ref('fct_suppressions') %}
{% set since = carried_from([identifiers, permissions, suppressions]) %}
{%- if since %}
    select customer_id
    from {{ affected_keys(identifiers) }}
    union
    {{ customers_of_addresses(identifiers, permissions, suppressions, since) }} {{ carried_mark() }}
{%- endif %}
with
    identifiers as (select * from {{ identifiers }} {{ only_affected(since, 'customer_id') }}),
    -- The rules at home settle what is a mobile there: how a number reads from abroad is known only once
    -- somebody has dialled it from there, on whatever day that was.
    foreign_mobiles as (
        select distinct phone
        from {{ ref('base_addresses__foreign_phones') }}
        where is_mobile and not {{ is_home_number('phone') }}
    ),
    addresses as (
        select customer_id, 'email' as channel, identifier_value as address, last_seen_at
        from identifiers
        where identifier_kind = 'email'
        union all
        select customer_id, 'sms', identifier_value, last_seen_at
        from identifiers
        where
            identifier_kind = 'phone'
            and (
                {{ is_home_mobile('identifier_value') }}
                or identifier_value in (select phone from foreign_mobiles)
            )
    ),
    -- Consent before the existing-customer basis; of two rows of one basis the one that began last.
    permitted as (
        select
            addresses.customer_id,
            addresses.channel,
            addresses.address,
            arg_min(
                {
                    'basis':permissions.basis,
                    'permission_id':permissions.permission_id,
                    'ends_at':permissions.valid_to
                },
                (
                    case permissions.basis when 'consent' then 1 else 2 end,
                    - epoch_us(permissions.valid_from),
                    permissions.permission_id
                )
            ) as permission
        from addresses
        join {{ permissions }} as permissions using (channel, address)
        where
            permissions.purpose = 'marketing'
            and coalesce(permissions.customer_id = addresses.customer_id, true)
            and permissions.valid_from <= {{ as_of() }}
            and coalesce(permissions.valid_to > {{ as_of() }}, true)
        group by addresses.customer_id, addresses.channel, addresses.address
    ),
    suppressed as (
        select channel, address, arg_min(suppression_id, (since_at, suppression_id)) as suppression_id
        from {{ suppressions }}
        group by channel, address
    ),
    ranked as (
        select
            addresses.*,
            suppressed.suppression_id,
            permitted.permission,
            row_number() over (
                partition by addresses.customer_id, addresses.channel
                order by
                    suppressed.suppression_id is not null,
                    permitted.permission is null,
                    addresses.last_seen_at desc nulls last,
                    addresses.address
            ) as preference
        from addresses
        left join permitted using (customer_id, channel, address)
        left join suppressed using (channel, address)
    ),
    final as (
        select
            customer_id,
            channel,
            address,
            suppression_id,
            permission.basis as permission_basis,
            permission.permission_id as permission_id,
            permission.ends_at as permission_ends_at
        from ranked
        where preference = 1
    )
select *
from final
