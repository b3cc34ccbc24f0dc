{#-
  The hour of the day at which each person is most likely to react: one row per customer of a relation of signals
  (customer_id, happened_at, timezone), with best_hour_local (0 to 23, in the person's own zone) and n_hour_signals.

  Each signal speaks for its hour and the two beside it. What the shop as a whole does in an hour counts as
  best_hour_shop_weight signals more, so that few signals move nobody far; of equal hours the earlier one is taken.
-#}
{% macro best_hours(signals) -%}
    with
        hours as (
            select customer_id, hour({{ local_time('happened_at', 'timezone') }}) as hour_local, count(*) as n_signals
            from {{ signals }}
            group by all
        ),
        of_shop as (
            select hour_local, sum(n_signals) / sum(sum(n_signals)) over () as share
            from hours
            group by hour_local
        ),
        -- Where a person gave no signal only the shop's share is left, so of those hours only its strongest can win.
        smoothed as (
            select customer_id, (hour_local + shift + 24) % 24 as hour_local, sum(n_signals) as n_signals
            from hours
            cross join (values (-1), (0), (1)) as around(shift)
            group by all
            union all
            select distinct hours.customer_id, of_shop.hour_local, 0
            from hours
            cross join (select hour_local from of_shop order by share desc, hour_local limit 1) as of_shop
        ),
        strongest as (
            select
                smoothed.customer_id,
                arg_max(
                    smoothed.hour_local,
                    struct_pack(
                        strength := round(
                            smoothed.n_signals + {{ var('best_hour_shop_weight') }} * coalesce(of_shop.share, 0), 9
                        ),
                        earlier := -smoothed.hour_local
                    )
                ) as best_hour_local
            from smoothed
            left join of_shop using (hour_local)
            group by smoothed.customer_id
        )
    select customer_id, strongest.best_hour_local, sum(hours.n_signals) as n_hour_signals
    from strongest
    join hours using (customer_id)
    group by customer_id, strongest.best_hour_local
{%- endmacro %}
