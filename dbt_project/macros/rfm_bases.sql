{#- What the base looked like on a day, and on many days at once. -#}

{#- The base on one day: the columns of rfm_bases, and for that day the same rows. -#}
{% macro rfm_base(purchases, day) -%}
    select
        {{ day }} as snapshot_on,
        customer_id,
        cast(sum(n_orders) as bigint) as n_orders,
        cast(sum(net_amount_minor) as bigint) as net_revenue_minor,
        max(ordered_on) as last_ordered_on
    from {{ purchases }}
    where counted_from <= {{ day }} and (counted_until is null or counted_until > {{ day }})
    group by customer_id
    having sum(n_orders) > 0
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
