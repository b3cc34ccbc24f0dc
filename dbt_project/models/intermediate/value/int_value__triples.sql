-- A view: the morning reads `today` only; the two others are computed in the one run of a month that fits.
{{ config(materialized='view') }}
{% set month_on = "cast(date_trunc('month', " ~ run_date() ~ ") as date)" %}
with
    starts as (select min(ordered_on) as first_ordered_on from {{ ref('int_rfm__purchases') }}),
    -- The last third of the history, half a year at most, is kept back to test the fit on.
    test as (
        select
            {{ month_on }}
            - least(182, cast(floor(({{ month_on }} - first_ordered_on) / 3.0) as integer)) as split_on
        from starts
    ),
    today as ({{ purchase_triples(run_date(), run_date()) | indent(8) }}),
    at_month_start as ({{ purchase_triples(month_on, month_on) | indent(8) }}),
    before_test as ({{ purchase_triples('(select split_on from test)', month_on) | indent(8) }}),
    final as (
        select
            'today' as basis, {{ run_date() }} as basis_on, today.*, cast(null as bigint) as n_later_purchases
        from today
        union all
        select 'month', {{ month_on }}, at_month_start.*, null
        from at_month_start
        union all
        select 'test', test.split_on, before_test.*, at_month_start.x - before_test.x
        from before_test
        cross join test
        join at_month_start using (customer_id)
    )
select *
from final
