-- Open cases by customer. A case says who it is about by member id or order if it can; an address is
-- asked only if neither is known, and then everybody who has it is held.
with
    -- Materialised: four ways to read a case would be four times its addresses put in normal form.
    cases as materialized(
        select case_id, topic, opened_at, delivered_order_id, email, phone, upper(member_id) as member_id
        from {{ ref('stg_service__cases') }}
        where opened_at < {{ as_of() }} and coalesce(closed_at >= {{ as_of() }}, true)
    ),
    orders as (select order_id, customer_id from {{ ref('fct_orders') }} where customer_id is not null),
    identifiers as (select * from {{ ref('dim_customer_identifiers') }}),
    -- A case names an order as its own system does, or as we do.
    order_keys as (
        select case_id, delivered_order_id as order_id
        from cases
        union all
        select case_id, 'webshop:' || delivered_order_id
        from cases
        union all
        select case_id, 'pos:' || delivered_order_id
        from cases
    ),
    claims as (
        select cases.case_id, 1 as preference, identifiers.customer_id
        from cases
        join
            identifiers
            on identifiers.identifier_kind = 'member_id'
            and identifiers.identifier_value = cases.member_id
        union all
        select cases.case_id, 2, orders.customer_id
        from order_keys as cases
        join orders using (order_id)
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
