-- What changes for everybody every day, the day itself among it, stays out: fct_customer_scores has it.
{{ config(unique_key='customer_id') }}
{% set golden_records = ref('int_customers__golden_records') %}
{% set purchases = ref('int_purchases__by_customer') %}
{% set scored %}
    select customer_id, persona, stage, absolute_stage
    from {{ ref('fct_customer_rfm') }}
    where snapshot_on = {{ run_date() }}
{% endset %}
{% set since = carried_from([golden_records, purchases]) %}
{%- if since %}
    select customer_id
    from {{ affected_keys(golden_records) }}
    union all
    select customer_id
    from {{ affected_keys(purchases) }}
    union all
    -- Time alone moves people from one stage to the next.
    select own.customer_id
    from {{ this }} as own
    left join ({{ scored }}) as scores using (customer_id)
    where
        own.persona is distinct from scores.persona
        or own.stage is distinct from scores.stage
        or own.absolute_stage is distinct from scores.absolute_stage
        {{ carried_mark() }}
{%- endif %}
with
    golden as (select * from {{ golden_records }} {{ only_affected(since, 'customer_id') }}),
    scores as ({{ scored }}),
    ordered as (select * from {{ purchases }} {{ only_affected(since, 'customer_id') }}),
    final as (
        select
            golden.customer_id,
            golden.customer_type,
            golden.is_member,
            golden.member_id,
            golden.first_name,
            golden.last_name,
            golden.company_name,
            golden.language,
            golden.country,
            golden.timezone,
            golden.email,
            golden.phone,
            golden.birth_date,
            golden.postal_code,
            golden.city,
            golden.is_erased,
            golden.first_seen_on,
            golden.joined_at,
            golden.n_source_records,
            scores.persona,
            scores.stage,
            scores.absolute_stage,
            coalesce(ordered.n_orders, 0) as n_orders,
            coalesce(ordered.net_revenue_minor, 0) as net_revenue_minor,
            ordered.first_ordered_at as first_order_at,
            ordered.last_ordered_at as last_order_at
        from golden
        left join scores using (customer_id)
        left join ordered using (customer_id)
    )
select *
from final
