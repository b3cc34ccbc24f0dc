{#- What the models of customer value are fed with. -#}

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
