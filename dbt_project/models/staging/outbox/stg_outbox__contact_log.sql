with
    source as (select * from {{ source('outbox', 'contact_log') }}),

    final as ({{ outbox_rows('source') | indent(8) }})

select *
from final
