{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- No message leaves without the row that gives the right to send it: a permission of that very address,
-- valid when the day was decided, or the order that a service message fulfils.
select decisions.message_id, decisions.permission_basis, decisions.permission_id
from {{ ref('fct_contact_decisions') }} as decisions
left join
    {{ ref('int_customers__contact_points') }} as contact_points
    on decisions.customer_id = contact_points.customer_id
    and decisions.channel = contact_points.channel
left join
    {{ ref('fct_permissions') }} as permissions
    on decisions.permission_id = permissions.permission_id
    and decisions.channel = permissions.channel
    and contact_points.address = permissions.address
    and permissions.valid_from < {{ as_of() }}
    and (permissions.valid_to is null or permissions.valid_to >= {{ as_of() }})
left join
    {{ ref('fct_orders') }} as orders
    -- Not two conditions: one on the decision alone makes the engine compare every send with every order.
    on orders.order_id = case when decisions.class = 'service' then decisions.permission_id end
where
    decisions.run_date = {{ run_date() }}
    and decisions.decision = 'send'
    and {{ not_handed_off('decisions.message_id') }}
    and not (
        (
            decisions.class = 'service'
            and decisions.permission_basis = 'service'
            and orders.order_id is not null
        )
        or (
            decisions.class <> 'service'
            and decisions.permission_basis is not null
            and permissions.permission_id is not null
        )
    )
