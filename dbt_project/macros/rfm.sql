{#- Which days have a snapshot, what the base looked like on many days at once, and how a value becomes a score. -#}

{#- Every Monday of the past year, and run_date itself. One column: snapshot_on. -#}
{% macro rfm_snapshot_days() -%}
    select {{ run_date() }} as snapshot_on
    union
    select cast(day as date) as snapshot_on
    from unnest(generate_series({{ run_date() }} - 365, {{ run_date() }} - 1, interval 1 day)) as days (day)
    where isodow(day) = 1
{%- endmacro %}

{#- Cut points are frozen for a month and named after it. -#}
{% macro rfm_version(day) -%}
    strftime({{ day }}, '%Y-%m')
{%- endmacro %}

{#-
  The base on each of the `days` (a relation with snapshot_on): one row per day and customer with a valid order, with
  n_orders, net_revenue_minor, last_ordered_on. In delta form: an order adds to the first snapshot that sees it and
  takes off from the first that does not any more; running sums do the rest. Joining orders with days by range would
  touch every order once per day.
-#}
{% macro rfm_bases(purchases, days) -%}
    with
        -- The first snapshot at or after each day on which anything starts or stops counting.
        turning_days as (
            select counted_from as day from {{ purchases }}
            union
            select counted_until from {{ purchases }} where counted_until is not null
        ),
        first_seen as (
            select turning_days.day, min(days.snapshot_on) as snapshot_on
            from turning_days
            join {{ days }} as days on days.snapshot_on >= turning_days.day
            group by turning_days.day
        ),
        bounded as (
            select purchases.*, enters.snapshot_on as enters_on, leaves.snapshot_on as leaves_on
            from {{ purchases }} as purchases
            join first_seen as enters on enters.day = purchases.counted_from
            left join first_seen as leaves on leaves.day = purchases.counted_until
            where leaves.snapshot_on is null or leaves.snapshot_on > enters.snapshot_on
        ),
        changes as (
            select
                customer_id,
                enters_on as snapshot_on,
                n_orders,
                net_amount_minor,
                -- Orders that leave because they were cancelled or sent back are looked at one by one, below.
                case when leaves_on is null or not is_withdrawn then ordered_on end as lasting_ordered_on
            from bounded
            union all
            select customer_id, leaves_on, -n_orders, -net_amount_minor, null
            from bounded
            where leaves_on is not null
        ),
        changed as (
            select
                customer_id,
                snapshot_on,
                sum(n_orders) as n_orders,
                sum(net_amount_minor) as net_amount_minor,
                max(lasting_ordered_on) as lasting_ordered_on
            from changes
            group by customer_id, snapshot_on
        ),
        grid as (
            select started.customer_id, days.snapshot_on
            from (select customer_id, min(snapshot_on) as starts_on from changed group by customer_id) as started
            join {{ days }} as days on days.snapshot_on >= started.starts_on
        ),
        running as (
            select
                grid.customer_id,
                grid.snapshot_on,
                sum(changed.n_orders) over so_far as n_orders,
                sum(changed.net_amount_minor) over so_far as net_amount_minor,
                max(changed.lasting_ordered_on) over so_far as lasting_ordered_on
            from grid
            left join changed using (customer_id, snapshot_on)
            window so_far as (
                partition by grid.customer_id order by grid.snapshot_on rows unbounded preceding
            )
        ),
        withdrawn as (
            select bounded.customer_id, days.snapshot_on, max(bounded.ordered_on) as ordered_on
            from bounded
            join {{ days }} as days
                on days.snapshot_on >= bounded.enters_on and days.snapshot_on < bounded.leaves_on
            where bounded.is_withdrawn
            group by bounded.customer_id, days.snapshot_on
        )
    select
        running.snapshot_on,
        running.customer_id,
        cast(running.n_orders as bigint) as n_orders,
        cast(running.net_amount_minor as bigint) as net_revenue_minor,
        greatest(
            {% if var('rfm_window_days') | int > 0 -%}
            case
                when running.lasting_ordered_on >= running.snapshot_on - {{ var('rfm_window_days') | int }}
                then running.lasting_ordered_on
            end,
            {%- else -%}
            running.lasting_ordered_on,
            {%- endif %}
            withdrawn.ordered_on
        ) as last_ordered_on
    from running
    left join withdrawn using (customer_id, snapshot_on)
    where running.n_orders > 0
{%- endmacro %}

{#-
  1 + number of cut points strictly below the value. A missing cut point (no base yet) is below nothing.
-#}
{% macro rfm_score(value, cut_points) -%}
    (1 {%- for cut_point in cut_points %} + coalesce(cast({{ cut_point }} < {{ value }} as integer), 0){% endfor %})
{%- endmacro %}

{#- R is reversed: the most recent third scores 3. -#}
{% macro rfm_r_score(days, cut_points) -%}
    (4 - {{ rfm_score(days, [cut_points ~ '.r_cut_1', cut_points ~ '.r_cut_2']) }})
{%- endmacro %}

{% macro rfm_m_score(revenue, cut_points) -%}
    {%- set cuts = ['.m_cut_1', '.m_cut_2', '.m_cut_3', '.m_cut_4'] -%}
    {{ rfm_score(revenue, [cut_points ~ cuts[0], cut_points ~ cuts[1], cut_points ~ cuts[2], cut_points ~ cuts[3]]) }}
{%- endmacro %}

{#-
  First snapshot day that sees a fact: the day after it happened, or the day it was received if that is later. Facts
  of the first delivery of all are history, and count from the day after they happened.
-#}
{% macro counted_from(happened_on, received_on, history_received_on) -%}
    case
        when {{ received_on }} > {{ history_received_on }} then greatest({{ happened_on }} + 1, {{ received_on }})
        else {{ happened_on }} + 1
    end
{%- endmacro %}

{#-
  For people who compare with other tools: ntile = groups of equal size (equal values may part), percent_rank = least(k,
  1 + floor(k * percent_rank())). Both depend on everybody else in the base.
-#}
{% macro rfm_group(n_groups, order_by) -%}
    {%- if var('rfm_method') == 'ntile' -%}
    ntile({{ n_groups }}) over (
        partition by measured.snapshot_on order by {{ order_by }}, measured.customer_id
    )
    {%- elif var('rfm_method') == 'percent_rank' -%}
    least({{ n_groups }}, 1 + floor({{ n_groups }} * percent_rank() over (
        partition by measured.snapshot_on order by {{ order_by }}
    )))
    {%- else -%}
    {{ exceptions.raise_compiler_error("rfm_method is frozen, ntile or percent_rank, not " ~ var('rfm_method')) }}
    {%- endif -%}
{%- endmacro %}

{#- Scores, personas and stages of everybody on each of the `snapshots` (a relation with snapshot_on), as known then. -#}
{% macro rfm_scores(snapshots) -%}
    with
        purchases as (select * from {{ ref('int_rfm__purchases') }}),
        cut_points as (select * from {{ ref('int_rfm__cut_points') }}),
        bands as (select * from {{ ref('frequency_bands') }}),
        cells as (select * from {{ ref('int_rfm__persona_cells') }}),
        bases as ({{ rfm_bases('purchases', snapshots) | indent(8) }}),
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
{%- endmacro %}
