{#- What the models of customer value are fed with, and how their parameters become predictions. -#}

{#-
  One row per customer with a purchase before `until_on`, as known on `known_on`: x (purchase days after the first), t_x
  and T in days, what a purchase day after the first is worth, and the day of the second. Days without anything left
  after returns are no purchases. The same facts as RFM (int_rfm__purchases): B2C, valid, net of returns.
-#}
{% macro purchase_triples(until_on, known_on) -%}
    select
        customer_id,
        count(*) - 1 as x,
        max(ordered_on) - min(ordered_on) as t_x,
        {{ until_on }} - min(ordered_on) as days_observed,
        sum(net_amount_minor) as net_revenue_minor,
        cast(sum(net_amount_minor) - arg_min(net_amount_minor, ordered_on) as double)
        / nullif(count(*) - 1, 0) as mean_repeat_value_minor,
        max(ordered_on) as last_ordered_on,
        min(ordered_on) filter (where day_number = 2) as second_ordered_on
    from
        (
            select
                customer_id,
                ordered_on,
                sum(net_amount_minor) as net_amount_minor,
                row_number() over (partition by customer_id order by ordered_on) as day_number
            from
                (
                    select
                        customer_id, order_id, max(ordered_on) as ordered_on, sum(net_amount_minor) as net_amount_minor
                    from {{ ref('int_rfm__purchases') }}
                    where counted_from <= {{ known_on }} and (counted_until is null or counted_until > {{ known_on }})
                    group by customer_id, order_id
                    having sum(n_orders) > 0 and sum(net_amount_minor) > 0
                ) as known_orders
            where ordered_on < {{ until_on }}
            group by customer_id, ordered_on
        ) as purchase_days
    group by customer_id
{%- endmacro %}

{#-
  Gauss' hypergeometric function 2F1(a, b; c; z) for 0 <= z < 1, as its first series_terms terms in Horner's form. Far
  enough where c is well above a + b, which holds after Euler's transformation (see expected_purchases_if_alive).
-#}
{% macro hypergeometric(a, b, c, z) -%}
    {%- set terms = series_terms() | int -%}
    {%- for k in range(terms) -%}
        (1 + ({{ a }} + {{ k }}) * ({{ b }} + {{ k }}) / (({{ c }} + {{ k }}) * {{ k + 1 }}) * {{ z }} *
    {%- endfor -%}
    1 {{- ')' * terms }}
{%- endmacro %}

{#- How many terms of the series are taken. -#}
{% macro series_terms() -%} 60 {%- endmacro %}

{#- BG/NBD: the chance that a customer still buys (Fader, Hardie, Lee 2005). 1 at x = 0, where it knows no dropout. -#}
{% macro p_alive(parameters, x, t_x, observed) -%}
    case
        when {{ x }} = 0 then 1.0
        else 1 / (
            1 + {{ parameters }}.a / ({{ parameters }}.b + {{ x }} - 1) * pow(
                ({{ parameters }}.alpha + {{ observed }}) / ({{ parameters }}.alpha + {{ t_x }}), {{ parameters }}.r + {{ x }}
            )
        )
    end
{%- endmacro %}

{#-
  BG/NBD: purchases expected of a living customer in the coming time, where `kept` = (alpha + T) / (alpha + T + time). By
  Euler's transformation of the published form the powers that overflow for frequent buyers cancel:
  (a+b+x-1)/(a-1) * (1 - kept^(a-1) * 2F1(a+b-1-r, a-1; a+b+x-1; 1-kept)). The series_* are computed in staging.
-#}
{% macro expected_purchases_if_alive(parameters, x, kept) -%}
    {%- set p = parameters -%}
    (({{ p }}.series_c + {{ x }}) / {{ p }}.series_b * (
        1 - pow({{ kept }}, {{ p }}.series_b) * {{
            hypergeometric(
                p ~ '.series_a', p ~ '.series_b', '(' ~ p ~ '.series_c + ' ~ x ~ ')', '(1 - ' ~ kept ~ ')'
            )
        }}
    ))
{%- endmacro %}

{#-
  Whether series_terms are too few: the terms fall like (1-kept)^k * k^(a-r-x-2), slowly for people who have hardly begun
  and where many leave.
-#}
{% macro is_series_too_short(parameters, x, kept) -%}
    {%- set p = parameters -%}
    {%- set k = series_terms() -%}
    ({{ p }}.a >= 2 or {{ k }} * ln(1 - {{ kept }}) + ({{ p }}.a - {{ p }}.r - {{ x }} - 2) * ln({{ k }}) > -14)
{%- endmacro %}

{#-
  The same expectation for them, one row per customer: the mean of (1 - (1 + p * ahead)^-rate) / p over a chance p to
  leave that is beta(a, b), as a sum over points of its log odds that lie close where it is likely and reach far.
  `customers` holds customer_id, rate (r + x), a, b (b + x) and ahead (1 / kept - 1).
-#}
{% macro expected_purchases_by_points(customers) -%}
    with
        points(far, width) as (
            values
                {%- for k in range(-30, 31) %}
                    {%- set e = 2.718281828459045 ** (k / 5) %}
                    (cast({{ (e - 1 / e) / 2 }} as double), cast({{ (e + 1 / e) / 2 }} as double)) {{- ',' if not loop.last }}
                {%- endfor %}
        ),
        placed as (
            select
                customers.*,
                points.width,
                ln(a / b) + sqrt(1 / a + 1 / b) * points.far as log_odds,
                ln(1 + exp(-abs(log_odds))) as beyond,
                least(log_odds, 0) - beyond as log_p,
                least(-log_odds, 0) - beyond as log_q
            from {{ customers }} as customers
            cross join points
        ),
        weighed as (
            select
                customer_id,
                -- Relative to the likeliest chance, so that no power is too small for a double.
                width * exp(a * (log_p - ln(a / (a + b))) + b * (log_q - ln(b / (a + b)))) as weight,
                -- Near 0 the difference of two numbers that are nearly one would be noise.
                case
                    when exp(log_p) * ahead < 1e-7 then rate * ahead
                    else (1 - pow(1 + exp(log_p) * ahead, -rate)) / exp(log_p)
                end as purchases
            from placed
        )
    select customer_id, sum(weight * purchases) / sum(weight) as expected_if_alive
    from weighed
    group by customer_id
{%- endmacro %}
