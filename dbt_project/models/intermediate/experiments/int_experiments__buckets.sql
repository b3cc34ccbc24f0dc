{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns'
    )
}}

-- Append-only: the bucket of a customer is pinned under the id the customer had when first eligible (no
-- gate from 1 to 12 fails), so that merging ids later moves nobody. The number is a pure function of salt
-- and id; pinning keeps which id counts. A run reads only what earlier days pinned, so executing it twice
-- gives the same.
with
    eligibility as (select * from {{ ref('int_decisions__eligibility') }}),

    journeys as (select * from {{ ref('stg_templates__journeys') }}),

    experiments as (select * from {{ ref('stg_templates__journey_experiments') }}),

    settings as (select * from {{ ref('stg_templates__policy_settings') }}),

    salts as ({{ journey_salts('journeys', 'experiments', 'settings') }}),

    eligible as (
        select distinct salts.salt, eligibility.customer_id
        from eligibility
        inner join salts on eligibility.journey = salts.journey
        where eligibility.is_due and {{ passes_gates(1, 12, 'eligibility') }}
    ),

    aliases as ({{ past_ids() }}),

    {% if is_incremental() -%}
        pinned as (
            select existing.salt, coalesce(aliases.customer_id, existing.customer_id) as customer_id
            from {{ this }} as existing
            left join aliases on existing.customer_id = aliases.past_customer_id
            where existing.pinned_on <= {{ run_date() }}
        ),
    {%- endif %}

    final as (
        select
            eligible.salt,
            eligible.customer_id,
            {{ bucket('eligible.salt', 'eligible.customer_id') }} as bucket,
            {{ run_date() }} as pinned_on
        from eligible
        {% if is_incremental() -%}
            anti join pinned on eligible.salt = pinned.salt and eligible.customer_id = pinned.customer_id
        {%- endif %}
    )

select *
from final
