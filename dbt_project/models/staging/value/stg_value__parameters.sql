{{ config(tags=['measure']) }}
with
    source as (select * from {{ source('value', 'parameters') }} where basis_on <= {{ run_date() }}),
    final as (
        select
            *,
            -- The three arguments of the series in expected_purchases_if_alive, the last without x.
            case when abs(a - 1) < 1e-6 then 1 + 1e-6 else a end + b - 1 - r as series_a,
            case when abs(a - 1) < 1e-6 then 1 + 1e-6 else a end - 1 as series_b,
            case when abs(a - 1) < 1e-6 then 1 + 1e-6 else a end + b - 1 as series_c
        from source
        qualify row_number() over (order by basis_on desc) = 1
    )
select *
from final
