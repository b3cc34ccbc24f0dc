-- Who moved from which persona to which, by customers and by what they spent. Three ways to look at it:
-- total          persona at the start -> persona at the end
-- own_behaviour  persona at the start -> the end's persona by the cut points of the start
-- drift          the end's persona by the cut points of the start -> persona at the end: others moved
-- Every customer is counted once in each. 'New' with had_order_at_start = false had no order at the start.
{{ config(tags=['measure']) }}

with
    snapshots as (
        select distinct snapshot_on from {{ ref('fct_customer_rfm') }} where snapshot_on <= {{ run_date() }}
    ),
    periods as (
        select *
        from (values ('last_week', 7), ('last_4_weeks', 28), ('last_13_weeks', 91)) as listed(period, n_days)
    ),
    -- Up to run_date, from the newest snapshot that is at least so long ago.
    pairs as (
        select periods.period, max(snapshots.snapshot_on) as from_on, {{ run_date() }} as to_on
        from periods
        join snapshots on snapshots.snapshot_on <= {{ run_date() }} - periods.n_days
        group by periods.period
    ),
    moves as ({{ persona_moves('pairs', ref('fct_customer_rfm')) | indent(8) }}),
    -- Customers are counted once, not once more for every split.
    ways as (
        select
            period,
            from_on,
            to_on,
            had_order_at_start,
            left_persona,
            middle_persona,
            right_persona,
            count(*) as n_customers,
            sum(revenue_minor) as revenue_minor
        from moves
        group by all
    ),
    split_up as (
        select *, 'total' as split, left_persona as persona_from, right_persona as persona_to
        from ways
        union all
        select *, 'own_behaviour', left_persona, middle_persona
        from ways
        union all
        select *, 'drift', middle_persona, right_persona
        from ways
    ),
    final as (
        select
            period,
            from_on,
            to_on,
            split,
            persona_from,
            had_order_at_start,
            persona_to,
            cast(sum(n_customers) as bigint) as n_customers,
            cast(sum(revenue_minor) as bigint) as revenue_minor
        from split_up
        group by all
    )
select *
from final
