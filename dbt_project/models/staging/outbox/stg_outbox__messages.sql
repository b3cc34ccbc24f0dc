{{ config(tags=['measure']) }}

with
    source as (select * from {{ source('outbox', 'messages') }}),

    final as ({{ outbox_rows('source') | indent(8) }})

select *
from final
