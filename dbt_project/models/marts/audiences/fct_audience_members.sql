-- Who belongs to which audience of the ad platforms, and by what. Only people who have allowed exactly
-- that: a consent of purpose `ads`, by address and channel; nobody is in by default, not even to be left
-- out of an advertisement.
with
    customers as (
        select customer_id, persona
        from {{ ref('dim_customers') }}
        where customer_type = 'b2c' and not coalesce(is_erased, false)
    ),
    identifiers as (
        select
            customer_id,
            case identifier_kind when 'email' then 'email' else 'sms' end as channel,
            identifier_value as address,
            is_primary
        from {{ ref('dim_customer_identifiers') }}
        where identifier_kind in ('email', 'phone')
    ),
    allowed as (
        select
            identifiers.customer_id,
            arg_min(
                {'address':identifiers.address, 'permission_id':permissions.permission_id},
                (not identifiers.is_primary, identifiers.address)
            ) filter (where channel = 'email') as email,
            arg_min(
                {'address':identifiers.address, 'permission_id':permissions.permission_id},
                (not identifiers.is_primary, identifiers.address)
            ) filter (where channel = 'sms') as phone
        from identifiers
        join {{ ref('fct_permissions') }} as permissions using (channel, address)
        where
            permissions.purpose = 'ads'
            and permissions.basis = 'consent'
            and permissions.valid_from <= {{ as_of() }}
            and coalesce(permissions.valid_to > {{ as_of() }}, true)
        group by identifiers.customer_id
    ),
    -- Of shops and stores alike: an order is an order.
    bought as (
        select customer_id, last_order_id as order_id, last_ordered_at as ordered_at
        from {{ ref('int_purchases__by_customer') }}
    ),
    scores as (select * from {{ ref('fct_customer_scores') }}),
    -- Only of people whom one may want back: most of the messages went to others.
    written_to as (
        select customer_id, arg_max(message_id, (sent_at, message_id)) as message_id, max(sent_at) as sent_at
        from {{ ref('int_decisions__contact_log') }}
        where
            class <> 'service'
            and customer_id in (select customer_id from scores where is_inactive_with_intent)
        group by customer_id
    ),
    members as (
        select 'customers' as audience, customer_id, 'order:' || order_id as reason
        from bought
        union all
        select 'recent_buyers', customer_id, 'order:' || order_id
        from bought
        where ordered_at >= {{ local_instant(run_date() ~ ' - ' ~ var('audience_recent_buyer_days')) }}
        union all
        select
            'lookalike_seed',
            customers.customer_id,
            case when scores.is_ambassador then 'ambassador' else 'persona:' || customers.persona end
        from customers
        left join scores using (customer_id)
        where scores.is_ambassador or customers.persona = 'Champions'
        union all
        -- A message was tried first, had its time, and brought neither a visit nor a purchase.
        select 'win_back', scores.customer_id, 'message:' || written_to.message_id
        from scores
        join written_to using (customer_id)
        left join bought using (customer_id)
        where
            scores.is_inactive_with_intent
            and written_to.sent_at
            < {{ local_instant(run_date() ~ ' - ' ~ var('audience_win_back_wait_days')) }}
            and coalesce(scores.last_visit_at <= written_to.sent_at, true)
            and coalesce(bought.ordered_at <= written_to.sent_at, true)
    ),
    final as (
        select
            {{ run_date() }} as run_date,
            members.audience,
            members.customer_id,
            members.reason,
            allowed.email.address as email,
            allowed.email.permission_id as email_permission_id,
            allowed.phone.address as phone,
            allowed.phone.permission_id as phone_permission_id
        from members
        join customers using (customer_id)
        join allowed using (customer_id)
    )
select *
from final
