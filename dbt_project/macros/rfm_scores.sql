{#- How a value becomes a score, and the scores a persona. -#}

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

{#-
  Scores, personas and stages of everybody on each of the `snapshots` (a relation with snapshot_on), as known then; and on
  one more `day` that is not among them, which costs less by itself.
-#}
{% macro rfm_scores(snapshots, day=none) -%}
    {%- set purchases = ref('int_rfm__purchases') %}
    with
        cut_points as (select * from {{ ref('int_rfm__cut_points') }}),
        bands as (select * from {{ ref('frequency_bands') }}),
        cells as (select * from {{ ref('int_rfm__persona_cells') }}),
        bases as (
            {{ rfm_bases(purchases, snapshots) | indent(12) }}
            {%- if day %}
            union all
            {{ rfm_base(purchases, day) | indent(12) }}
            {%- endif %}
        ),
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
