-- Append-only: a month's cut points are computed when a snapshot first needs them, from the base at the
-- month's first 00:00 local, and never again. Made again from nothing they come out the same, because the
-- base of a past day is.
{{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail') }}
with
    -- Most days need no version: then nothing of it is read.
    purchases as not materialized(select * from {{ ref('int_rfm__purchases') }}),
    needed as (
        select distinct
            {{ rfm_version('snapshot_on') }} as version, date_trunc('month', snapshot_on) as month_on
        from ({{ rfm_snapshot_days() }}) as snapshots
    ),
    missing as (
        select *
        from needed
        {% if is_incremental() -%} where version not in (select version from {{ this }}) {%- endif %}
    ),
    -- A shop whose history starts later than the month takes the first day on which anybody has an order.
    versions as (
        select missing.version, greatest(cast(missing.month_on as date), started.starts_on) as snapshot_on
        from missing
        cross join (select min(counted_from) as starts_on from purchases where not is_withdrawn) as started
        where started.starts_on < missing.month_on + interval 1 month
    ),
    bases as ({{ rfm_bases('purchases', '(select distinct snapshot_on from versions)') | indent(8) }}),
    occasions as (
        select distinct versions.snapshot_on, purchases.customer_id, purchases.ordered_on
        from purchases
        join
            versions
            on purchases.counted_from <= versions.snapshot_on
            and (purchases.counted_until is null or purchases.counted_until > versions.snapshot_on)
        where purchases.n_orders = 1
    ),
    gaps as (
        select
            snapshot_on,
            ordered_on
            - lag(ordered_on) over (partition by snapshot_on, customer_id order by ordered_on) as gap_days
        from occasions
    ),
    rhythm as (
        select snapshot_on, count(*) as n_gaps, {{ quantiles_disc('gap_days', ['0.75', '0.95']) }} as gap_days
        from gaps
        where gap_days is not null
        group by snapshot_on
    ),
    cuts as (
        select
            snapshot_on,
            count(*) as n_customers,
            {{ quantiles_disc('snapshot_on - last_ordered_on', ['1.0 / 3', '2.0 / 3']) }} as r_cuts,
            {{ quantiles_disc('net_revenue_minor', ['0.2', '0.4', '0.6', '0.8']) }} as m_cuts
        from bases
        group by snapshot_on
    ),
    final as (
        select
            versions.version,
            versions.snapshot_on as basis_on,
            cuts.n_customers,
            cast(cuts.r_cuts[1] as integer) as r_cut_1,
            cast(cuts.r_cuts[2] as integer) as r_cut_2,
            cast(cuts.m_cuts[1] as bigint) as m_cut_1,
            cast(cuts.m_cuts[2] as bigint) as m_cut_2,
            cast(cuts.m_cuts[3] as bigint) as m_cut_3,
            cast(cuts.m_cuts[4] as bigint) as m_cut_4,
            coalesce(rhythm.n_gaps, 0) as n_gaps,
            cast(rhythm.gap_days[1] as integer) as active_until_days,
            cast(rhythm.gap_days[2] as integer) as lapsed_until_days
        from versions
        join cuts using (snapshot_on)
        left join rhythm using (snapshot_on)
    )
select *
from final
