-- The split explains the movement; it may not create or lose anybody.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'rpt_persona_movement'}}}) }}
with
    counts as (
        select period, had_order_at_start, split, sum(n_customers) as n_customers
        from {{ ref('rpt_persona_movement') }}
        group by period, had_order_at_start, split
    )
select period, had_order_at_start
from counts
group by period, had_order_at_start
having count(*) <> 3 or min(n_customers) <> max(n_customers)
