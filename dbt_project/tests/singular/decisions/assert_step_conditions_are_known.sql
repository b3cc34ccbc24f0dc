{{ config(severity='error', meta={'dagster': {'ref': {'name': 'fct_contact_decisions'}}}) }}

-- A condition that no model tests would silently always hold.
select steps.journey, steps.step, conditions.condition
from {{ ref('stg_templates__journey_steps') }} as steps
cross join unnest(steps.conditions) as conditions(condition)
where
    conditions.condition not in (
        'no_order_since_anchor',
        'order_since_anchor',
        'cart_not_bought',
        'reference_product_in_stock',
        'is_member',
        'visit_since_anchor',
        'no_visit_since_anchor'
    )
