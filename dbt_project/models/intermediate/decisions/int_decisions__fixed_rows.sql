-- Rows of the ledger that an earlier execution of this run_date wrote and whose message has been handed
-- off since. Read here, before the ledger replaces the day: what was handed off never changes.
{%- set ledger = earlier_ledger() %}
with
    handed_off as (select * from {{ ref('int_decisions__handed_off') }} where is_fixed),

    ledger as (
        {% if ledger is none -%}select cast(null as varchar) as message_id where false
        {%- else -%}select * from {{ ledger }} where run_date = {{ run_date() }}
        {%- endif %}
    ),

    final as (
        select {{ ledger_columns('ledger', ledger is none) }}
        from ledger
        where message_id in (select handed_off.message_id from handed_off)
    )

select *
from final
