-- Any two days of the past, as each was known then. Made on demand (`fredning rfm`); the site's report of
-- the usual periods is rpt_persona_movement.
{{ config(tags=['on_demand']) }}
{% set to_on = "cast('" ~ (var('rfm_to', none) or var('run_date')) ~ "' as date)" %}
{% set from_on = "cast('" ~ var('rfm_from') ~ "' as date)" if var('rfm_from', none) else to_on ~ ' - 28' %}
with
    days as (
        select {{ from_on }} as snapshot_on
        union
        select {{ to_on }}
    ),
    pairs as (select 'asked' as period, {{ from_on }} as from_on, {{ to_on }} as to_on),
    snapshots as ({{ rfm_scores('days') | indent(8) }}),
    moves as ({{ persona_moves('pairs', 'snapshots') | indent(8) }}),
    final as (
        select
            customer_id,
            from_on,
            to_on,
            had_order_at_start,
            start_persona as persona_from,
            middle_persona as persona_by_cut_points_of_start,
            end_persona as persona_to,
            case
                when not had_order_at_start
                then 'new'
                when right_persona = left_persona
                then 'stayed'
                when middle_persona = left_persona
                then 'drift'
                when middle_persona = right_persona
                then 'own_behaviour'
                else 'both'
            end as cause,
            end_stage as stage_to,
            end_absolute_stage as absolute_stage_to,
            days_since_last_order,
            n_orders,
            net_revenue_minor,
            cast(revenue_minor as bigint) as revenue_between_minor
        from moves
    )
select *
from final
