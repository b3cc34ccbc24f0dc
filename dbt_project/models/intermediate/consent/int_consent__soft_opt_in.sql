-- On which channels the policy lets existing customers be written to, and for how long after a sale.
{{ config(unique_key='channel', meta={'compared': ['soft_opt_in_months']}) }}
with
    settings as (select * from {{ ref('stg_templates__policy_settings') }}),
    final as (select distinct unnest(soft_opt_in_channels) as channel, soft_opt_in_months from settings)
select *
from final
