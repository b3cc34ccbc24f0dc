-- Every customer of a period bought once or more than once in it; anything else is a counting mistake.
{{ config(meta={'dagster': {'ref': {'name': 'rpt_tiles'}}}) }}
select period, persona
from {{ ref('rpt_tiles') }}
group by period, persona
having sum(case tile when 'n_customers' then value when 'n_single_purchase_customers' then -value when 'n_repeat_customers' then -value end) <> 0
    or sum(case tile when 'n_customers' then comparison_value when 'n_single_purchase_customers' then -comparison_value when 'n_repeat_customers' then -comparison_value end) <> 0
