-- The only figures that statistics may be computed from: sums over integers, so wide that squares cannot
-- overflow (in doubles the variance formula cancels to nonsense).
{{ config(tags=['measure']) }}

with
    outcomes as (select * from {{ ref('int_experiments__outcomes') }}),

    segmented as (
        select *, 'all' as segment
        from outcomes
        union all
        select *, 'branch:' || branch as segment
        from outcomes
        where branch is not null
    ),

    values_per_customer as (
        select experiment, arm, segment, 'revenue' as metric, revenue_minor as y, prior_revenue_minor as x
        from segmented
        where is_purchase_window_over
        union all
        select experiment, arm, segment, 'conversion' as metric, cast(has_bought as bigint) as y, null as x
        from segmented
        where is_purchase_window_over
        union all
        -- Held-out customers get nothing that could be opened: engagement compares arms only.
        select experiment, arm, segment, engagement.metric, engagement.y, engagement.x
        from segmented
        cross join
            lateral(
                values
                    ('open', cast(has_opened as bigint), cast(null as bigint)),
                    ('click', cast(has_clicked as bigint), null),
                    ('click_to_open', cast(has_clicked as bigint), cast(has_opened as bigint)),
                    ('unsubscribe', cast(has_unsubscribed as bigint), null)
            ) as engagement(metric, y, x)
        where
            is_engagement_window_over
            and experiment
            not in (select holdouts.experiment from outcomes as holdouts where holdouts.arm = 'holdout')
    ),

    final as (
        select
            experiment,
            arm,
            segment,
            metric,
            count(*) as n,
            sum(cast(y as hugeint)) as sum_y,
            sum(cast(y as hugeint) * y) as sum_y2,
            sum(cast(x as hugeint)) as sum_x,
            sum(cast(x as hugeint) * x) as sum_x2,
            sum(cast(x as hugeint) * y) as sum_xy
        from values_per_customer
        group by experiment, arm, segment, metric
    )

select *
from final
