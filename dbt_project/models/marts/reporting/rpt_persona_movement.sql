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
    final as ({{ persona_movement('pairs') | indent(8) }})
select *
from final
