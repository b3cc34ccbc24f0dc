with
    first_told as ({{ first_known(ref('base_consent__events'), 'event_id', 'occurred_at') }}),
    final as (select * exclude (source_file, source_line) from first_told)
select *
from final
