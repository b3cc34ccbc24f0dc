-- Predicted every day from the month's frozen parameters. Single buyers: the model knows no dropout for
-- them, so the chance of a second purchase is what happened to first buyers so far, and only how often
-- they come after it is the model's.
{{ config(tags=['measure']) }}
{% set horizon = 365 %}
with
    parameters as (select * from {{ ref('stg_value__parameters') }}),
    triples as (
        select
            today.*,
            {% for days in [90, horizon] -%}
                (parameters.alpha + today.days_observed)
                / (parameters.alpha + today.days_observed + {{ days }}) as kept_{{ days }}d
                {{- ',' if not loop.last }}
            {% endfor %}
        from {{ ref('int_value__triples') }} as today
        left join parameters on true
        where today.basis = 'today'
    ),
    beginners as (
        select
            triples.customer_id,
            parameters.r + triples.x as rate,
            parameters.a,
            parameters.b + triples.x as b,
            1 / triples.kept_{{ horizon }}d - 1 as ahead
        from triples
        join
            parameters
            on {{ is_series_too_short('parameters', 'triples.x', 'triples.kept_' ~ horizon ~ 'd') }}
    ),
    of_beginners as ({{ expected_purchases_by_points('beginners') | indent(8) }}),
    predicted as (
        select
            triples.*,
            parameters.version,
            parameters.calibration_factor,
            {{ p_alive('parameters', 'triples.x', 'triples.t_x', 'triples.days_observed') }} as p_alive,
            case
                when of_beginners.customer_id is not null
                then of_beginners.expected_if_alive
                else
                    {{ expected_purchases_if_alive('parameters', 'triples.x', 'triples.kept_' ~ horizon ~ 'd') }}
            end as expected_if_alive,
            {% for days in [90, horizon] -%}
                1 - pow(triples.kept_{{ days }}d, parameters.r + triples.x) as any_within_{{ days }}d,
            {% endfor -%}
            {% for days in [0, 90, horizon] -%}
                {{
                    list_at_or_last(
                        'parameters.second_purchase_survival', 'triples.days_observed + ' ~ days
                    )
                }} as without_second_{{ days }}d,
            {% endfor -%}
            (parameters.alpha + triples.days_observed)
            * (pow(2, 1 / (parameters.r + triples.x)) - 1) as median_days_to_next,
            -- With a tail as heavy as q <= 1 the mean of somebody without own purchases is not finite.
            case
                when parameters.p * triples.x + parameters.q > 1
                then
                    parameters.p
                    * (parameters.gamma + triples.x * coalesce(triples.mean_repeat_value_minor, 0))
                    / (parameters.p * triples.x + parameters.q - 1)
            end as expected_order_value_minor
        from triples
        left join parameters on true
        left join of_beginners using (customer_id)
    ),
    decided as (
        select
            *,
            case
                when x = 0
                then 1 - {{ ratio('without_second_90d', 'without_second_0d') }}
                else p_alive * any_within_90d
            end as any_order_90d,
            case
                when x = 0
                then 1 - {{ ratio('without_second_' ~ horizon ~ 'd', 'without_second_0d') }}
                else p_alive * any_within_{{ horizon }}d
            end as any_order,
            case
                when x = 0
                then
                    (1 - {{ ratio('without_second_' ~ horizon ~ 'd', 'without_second_0d') }})
                    * expected_if_alive
                    / nullif(any_within_{{ horizon }}d, 0)
                else p_alive * expected_if_alive
            end as expected_orders
        from predicted
    ),
    final as (
        select
            customer_id,
            {{ run_date() }} as as_of_on,
            version as parameters_version,
            cast(x + 1 as integer) as n_purchase_days,
            cast(days_observed as integer) as customer_age_days,
            cast(net_revenue_minor as bigint) as historic_value_minor,
            case when x > 0 then p_alive end as p_alive,
            any_order as order_probability_365d,
            1 - any_order_90d as no_order_probability_90d,
            case
                when 1 - any_order_90d < 0.33
                then 'low'
                when 1 - any_order_90d <= 0.66
                then 'medium'
                when any_order_90d is not null
                then 'high'
            end as churn_risk,
            expected_orders as expected_orders_365d,
            cast(round(expected_order_value_minor) as bigint) as expected_order_value_minor,
            cast(round(expected_orders * expected_order_value_minor) as bigint) as expected_value_365d_minor,
            cast(
                round(expected_orders * expected_order_value_minor * calibration_factor) as bigint
            ) as calibrated_value_365d_minor,
            case
                when x > 0 then {{ run_date() }} + cast(least(round(median_days_to_next), 3650) as integer)
            end as expected_next_order_on
        from decided
    )
select *
from final
