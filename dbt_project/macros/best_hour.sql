{#-
  The hour of the day at which each person is most likely to react: best_hour_local (0 to 23, in the person's own zone).

  Each signal speaks for its hour and the two beside it. What the shop as a whole does in an hour counts as
  best_hour_shop_weight signals more, so that few signals move nobody far; of equal hours the earlier one is taken.
-#}

{#-
  The person's part of it: one row per customer of a relation of signals (customer_id, happened_at, timezone), with
  `hours`, a list of {hour_local, n_signals, n_around}.
-#}
{% macro hours_of_signals(signals) -%}
    with
        by_quarter as (
            select
                customer_id,
                timezone,
                {{ epoch_milliseconds('happened_at') }} // 900000 as quarter,
                min(happened_at) as happened_at,
                count(*) as n_signals
            from {{ signals }}
            group by all
        ),
        -- Clocks differ by quarters of an hour: each is asked once for each of them, not for every signal.
        clocks as (
            select timezone, quarter, hour({{ local_time('min(happened_at)', 'timezone') }}) as hour_local
            from by_quarter
            group by timezone, quarter
        ),
        counted as (
            select by_quarter.customer_id, clocks.hour_local, sum(by_quarter.n_signals) as n_signals
            from by_quarter
            join
                clocks
                on by_quarter.timezone is not distinct from clocks.timezone
                and by_quarter.quarter = clocks.quarter
            group by all
        ),
        around as (
            select
                customer_id,
                cast((hour_local + shift + 24) % 24 as integer) as hour_local,
                cast(sum(case when shift = 0 then n_signals else 0 end) as integer) as n_signals,
                cast(sum(n_signals) as integer) as n_around
            from counted
            cross join (values (-1), (0), (1)) as beside(shift)
            group by all
        )
    select
        customer_id,
        -- By hour_local, the first field, of which each is there once: to order what goes in costs three times as much.
        list_sort(list({'hour_local': hour_local, 'n_signals': n_signals, 'n_around': n_around})) as hours
    from around
    group by customer_id
{%- endmacro %}

{#- The rest: one row per customer of a relation (customer_id, hours), with best_hour_local and n_hour_signals. -#}
{% macro best_hours(hours_of_customers) -%}
    with
        hours as (
            select customer_id, one.hour_local, one.n_signals, one.n_around
            from (select customer_id, unnest(hours) as one from {{ hours_of_customers }}) as unnested
        ),
        of_shop as (
            select hour_local, sum(n_signals) / sum(sum(n_signals)) over () as share
            from hours
            group by hour_local
        ),
        -- Where a person gave no signal only the shop's share is left, so of those hours only its strongest can win.
        shown as (
            select customer_id, hour_local, n_signals, n_around from hours
            union all
            select customers.customer_id, of_shop.hour_local, 0, 0
            from {{ hours_of_customers }} as customers
            cross join (select hour_local from of_shop order by share desc, hour_local limit 1) as of_shop
            where len(customers.hours) > 0
        )
    select
        shown.customer_id,
        -- One number to compare by: strength in billionths, then how early the hour is. A struct costs twice as much.
        23 - max(
            24 * cast(round(
                1000000000 * (shown.n_around + {{ var('best_hour_shop_weight') }} * coalesce(of_shop.share, 0))
            ) as bigint)
            + 23 - shown.hour_local
        ) % 24 as best_hour_local,
        sum(shown.n_signals) as n_hour_signals
    from shown
    left join of_shop using (hour_local)
    group by shown.customer_id
{%- endmacro %}
