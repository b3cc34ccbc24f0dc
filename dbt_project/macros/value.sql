{#- How the parameters of the models of customer value become predictions (what they are fed with: purchase_triples.sql). -#}

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
