-- Every customer of a period bought once or more than once in it; anything else is a counting mistake.
{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'rpt_tiles'}}}) }}
with
    counts as (
        select
            period,
            persona,
            sum(value) filter (where tile = 'n_customers') as customers,
            sum(value) filter (where tile <> 'n_customers') as single_and_repeat,
            sum(comparison_value) filter (where tile = 'n_customers') as customers_before,
            sum(comparison_value) filter (where tile <> 'n_customers') as single_and_repeat_before
        from {{ ref('rpt_tiles') }}
        where tile in ('n_customers', 'n_single_purchase_customers', 'n_repeat_customers')
        group by period, persona
    )
select *
from counts
where
    customers is distinct from single_and_repeat or customers_before is distinct from single_and_repeat_before
