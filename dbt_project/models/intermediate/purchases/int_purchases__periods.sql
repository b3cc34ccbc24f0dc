-- The periods tiles are shown for, each with the comparison period of the same length before it (none for
-- all time). Days are local; a period ends with the last whole day before run_date, unless it ends
-- earlier.
with
    bounded as (
        select *
        from
            (
                values
                    (1, 'last_7_days', {{ run_date() }} - 7, {{ run_date() }}),
                    (2, 'last_30_days', {{ run_date() }} - 30, {{ run_date() }}),
                    (3, 'last_90_days', {{ run_date() }} - 90, {{ run_date() }}),
                    (4, 'last_365_days', {{ run_date() }} - 365, {{ run_date() }}),
                    (
                        5,
                        'month_to_date',
                        cast(date_trunc('month', {{ run_date() }}) as date),
                        {{ run_date() }}
                    ),
                    (
                        6,
                        'previous_month',
                        cast(date_trunc('month', {{ run_date() }}) - interval 1 month as date),
                        cast(date_trunc('month', {{ run_date() }}) as date)
                    ),
                    (7, 'all_time', null, {{ run_date() }})
            ) as listed(position, period, starts_on, before_on)
    ),
    final as (
        select position, period, false as is_comparison, starts_on, before_on
        from bounded
        union all
        select position, period, true, starts_on - cast(before_on - starts_on as integer), starts_on
        from bounded
        where starts_on is not null
    )
select *
from final
