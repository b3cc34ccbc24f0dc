-- The split explains the movement; it may not create or lose anybody.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_persona_movement'}}}) }}
select period, had_order_at_start
from {{ ref('rpt_persona_movement') }}
group by period, had_order_at_start
having sum(n_customers) filter (where split = 'total') is distinct from sum(n_customers) filter (where split = 'drift')
    or sum(n_customers) filter (where split = 'total') is distinct from sum(n_customers) filter (where split = 'own_behaviour')
