-- Personas are data that people edit: a gap would leave customers without one, an overlap would count them
-- twice.
{{ config(meta={'dagster': {'ref': {'name': 'int_rfm__persona_cells'}}}) }}
select r_score, f_score, m_score, is_single_order, count(persona) as n_personas
from {{ ref('int_rfm__persona_cells') }}
group by r_score, f_score, m_score, is_single_order
having count(persona) <> 1 or count(*) <> 1
union all
select null, null, null, is_single_order, count(*)
from {{ ref('int_rfm__persona_cells') }}
group by is_single_order
having count(*) <> 75
