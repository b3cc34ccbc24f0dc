{#- Which periods there are. -#}

{#-
  The periods tiles are shown for as of a day (an SQL expression), each with the comparison period of the same length
  before it (none for all time). Days are local; a period ends with the last whole day before `day`, unless it ends earlier.
-#}
{% macro purchase_periods(day) -%}
    with
        bounded as (
            select *
            from
                (
                    values
                        (1, 'last_7_days', {{ day }} - 7, {{ day }}),
                        (2, 'last_30_days', {{ day }} - 30, {{ day }}),
                        (3, 'last_90_days', {{ day }} - 90, {{ day }}),
                        (4, 'last_365_days', {{ day }} - 365, {{ day }}),
                        (
                            5,
                            'month_to_date',
                            cast(date_trunc('month', {{ day }}) as date),
                            {{ day }}
                        ),
                        (
                            6,
                            'previous_month',
                            cast(date_trunc('month', {{ day }}) - interval 1 month as date),
                            cast(date_trunc('month', {{ day }}) as date)
                        ),
                        (7, 'all_time', null, {{ day }})
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
{%- endmacro %}
