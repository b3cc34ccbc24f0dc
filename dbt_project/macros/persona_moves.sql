{#-
  Who moved from which persona to which, customer by customer: left_persona at the start and right_persona at the end of
  each of the `pairs` (a relation with period, from_on, to_on), and middle_persona, where the customer would be at the end
  by the cut points of the start. `snapshots` has the columns of fct_customer_rfm for all the dates.
-#}
{% macro persona_moves(pairs, snapshots) -%}
    with
        aliases as ({{ past_ids() }}),
        cut_points as (select * from {{ ref('int_rfm__cut_points') }}),
        cells as (select * from {{ ref('int_rfm__persona_cells') }}),
        dates as (
            select from_on as snapshot_on from {{ pairs }}
            union
            select to_on from {{ pairs }}
        ),
        -- Ids of then that are another one today, and those under which they would be found twice. They are few, and all
        -- others are there once: only these are searched for the first of two.
        past as (
            select distinct aliases.past_customer_id, aliases.customer_id
            from {{ snapshots }} as rfm
            semi join dates using (snapshot_on)
            join aliases on aliases.past_customer_id = rfm.customer_id
        ),
        joined_ids as (
            select past_customer_id as customer_id, customer_id as id_of_today from past
            union
            select customer_id, customer_id from past
            where customer_id not in (select past_customer_id from past)
        ),
        -- Of two that have become one, the one with more to tell.
        states as (
            select rfm.*
            from {{ snapshots }} as rfm
            semi join dates using (snapshot_on)
            anti join joined_ids using (customer_id)
            union all by name
            select rfm.* exclude (customer_id), joined_ids.id_of_today as customer_id
            from {{ snapshots }} as rfm
            semi join dates using (snapshot_on)
            join joined_ids using (customer_id)
            qualify row_number() over (
                partition by rfm.snapshot_on, joined_ids.id_of_today
                order by rfm.n_orders desc, rfm.customer_id
            ) = 1
        ),
        starts as (
            select pairs.period, states.*
            from {{ pairs }} as pairs
            join states on states.snapshot_on = pairs.from_on
        ),
        ends as (
            select pairs.period, states.*
            from {{ pairs }} as pairs
            join states on states.snapshot_on = pairs.to_on
        ),
        moved as (
            select
                coalesce(starts.period, ends.period) as period,
                coalesce(starts.customer_id, ends.customer_id) as customer_id,
                starts.customer_id is not null as had_order_at_start,
                starts.persona as start_persona,
                ends.persona as end_persona,
                ends.stage as end_stage,
                ends.absolute_stage as end_absolute_stage,
                ends.days_since_last_order,
                ends.n_orders,
                ends.f_score,
                ends.net_revenue_minor,
                coalesce(ends.net_revenue_minor, 0) - coalesce(starts.net_revenue_minor, 0) as revenue_minor
            from starts
            full join ends on ends.period = starts.period and ends.customer_id = starts.customer_id
        ),
        rescored as (
            select
                moved.*,
                pairs.from_on,
                pairs.to_on,
                -- Without a version at the start (another method, or a younger shop) there is nothing to split by.
                case
                    when cut_points.version is null or '{{ var("rfm_method") }}' <> 'frozen' then moved.end_persona
                    else cells.persona
                end as end_persona_by_start
            from moved
            join {{ pairs }} as pairs using (period)
            left join cut_points on cut_points.version = {{ rfm_version('pairs.from_on') }}
            left join cells
                on cells.r_score = {{ rfm_r_score('moved.days_since_last_order', 'cut_points') }}
                and cells.f_score = moved.f_score
                and cells.m_score = {{ rfm_m_score('moved.net_revenue_minor', 'cut_points') }}
                and cells.is_single_order = (moved.n_orders = 1)
        ),
        named as (
            select
                *,
                case when had_order_at_start then start_persona else 'New' end as left_persona,
                coalesce(end_persona, 'No orders') as right_persona,
                coalesce(end_persona_by_start, 'No orders') as middle_persona
            from rescored
        )
    select * from named
{%- endmacro %}
