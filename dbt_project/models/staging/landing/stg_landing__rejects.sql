-- A rejected row has no instant that could be believed, so only the day of its receipt counts.
with
    source as (select * from {{ source('landing', 'rejects') }}),

    final as (
        select received_on, source, dataset, source_file, source_line, column_name, rule, value, reason
        from source
        where received_on <= {{ run_date() }}
    )

select *
from final
