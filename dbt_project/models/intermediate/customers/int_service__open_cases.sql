-- Open cases by customer. A case says who it is about by member id or order if it can; an address is
-- asked only if neither is known, and then everybody who has it is held.
with
    cases as (
        select *
        from {{ ref('stg_service__cases') }}
        where opened_at < {{ as_of() }} and coalesce(closed_at >= {{ as_of() }}, true)
    ),
    orders as (select order_id, customer_id from {{ ref('fct_orders') }} where customer_id is not null),
    identifiers as (select * from {{ ref('dim_customer_identifiers') }}),
    claims as (
        select cases.case_id, 1 as preference, identifiers.customer_id
        from cases
        join
            identifiers
            on identifiers.identifier_kind = 'member_id'
            and identifiers.identifier_value = upper(cases.member_id)
        union all
        select cases.case_id, 2, orders.customer_id
        from cases
        join
            orders
            on orders.order_id in (
                cases.delivered_order_id,
                'webshop:' || cases.delivered_order_id,
                'pos:' || cases.delivered_order_id
            )
        union all
        select cases.case_id, 3, identifiers.customer_id
        from cases
        join
            identifiers
            on identifiers.identifier_kind = 'email'
            and identifiers.identifier_value = cases.email
        union all
        select cases.case_id, 4, identifiers.customer_id
        from cases
        join
            identifiers
            on identifiers.identifier_kind = 'phone'
            and identifiers.identifier_value = cases.phone
    ),
    preferred as (select *, min(preference) over (partition by case_id) as best_preference from claims),
    final as (
        select distinct preferred.customer_id, cases.case_id, cases.topic, cases.opened_at
        from preferred
        join cases using (case_id)
        where preferred.preference = preferred.best_preference
    )
select *
from final
