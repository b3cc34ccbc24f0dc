-- A run adds the snapshots that are missing up to its own day, and makes its own day's again. It touches no
-- other, so
-- that running an old day once more leaves the days after it alone.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        pre_hook="{% if is_incremental() %}delete from {{ this }} where snapshot_on = {{ run_date() }}{% endif %}",
    )
}}
with
    purchases as (select * from {{ ref('int_rfm__purchases') }}),
    cut_points as (select * from {{ ref('int_rfm__cut_points') }}),
    bands as (select * from {{ ref('frequency_bands') }}),
    cells as (select * from {{ ref('int_rfm__persona_cells') }}),
    snapshots as (
        select *
        from ({{ rfm_snapshot_days() }}) as days
        {% if is_incremental() -%}
            where snapshot_on = {{ run_date() }} or snapshot_on not in (select snapshot_on from {{ this }})
        {%- endif %}
    ),
    bases as ({{ rfm_bases('purchases', 'snapshots') | indent(8) }}),
    measured as (
        select *, cast(snapshot_on - last_ordered_on as integer) as days_since_last_order from bases
    ),
    scored as (
        select
            measured.*,
            {% if var('rfm_method') == 'frozen' -%}
                {{ rfm_r_score('measured.days_since_last_order', 'cut_points') }} as r_score,
                bands.f_score,
                {{ rfm_m_score('measured.net_revenue_minor', 'cut_points') }} as m_score,
                cut_points.version as cut_points_version,
            {%- else -%}
                {{ rfm_group(3, 'measured.days_since_last_order desc') }} as r_score,
                {{ rfm_group(5, 'measured.n_orders') }} as f_score,
                {{ rfm_group(5, 'measured.net_revenue_minor') }} as m_score,
                '{{ var("rfm_method") }}' as cut_points_version,
            {%- endif %}
            case
                when measured.days_since_last_order <= cut_points.active_until_days
                then 'active'
                when measured.days_since_last_order <= cut_points.lapsed_until_days
                then 'lapsed'
                when cut_points.lapsed_until_days is not null
                then 'inactive'
            end as absolute_stage
        from measured
        left join cut_points on cut_points.version = {{ rfm_version('measured.snapshot_on') }}
        left join
            bands
            on measured.n_orders >= bands.min_orders
            and (bands.max_orders is null or measured.n_orders <= bands.max_orders)
    ),
    final as (
        select
            scored.snapshot_on,
            scored.customer_id,
            scored.days_since_last_order,
            scored.n_orders,
            scored.net_revenue_minor,
            cast(scored.r_score as integer) as r_score,
            cast(scored.f_score as integer) as f_score,
            cast(scored.m_score as integer) as m_score,
            cells.persona,
            cells.stage,
            scored.absolute_stage,
            scored.cut_points_version
        from scored
        left join
            cells
            on cells.r_score = scored.r_score
            and cells.f_score = scored.f_score
            and cells.m_score = scored.m_score
            and cells.is_single_order = (scored.n_orders = 1)
    )
select *
from final
