-- A run adds the snapshots that are missing up to its own day, and makes its own day's again. It touches
-- no other, so that running an old day once more leaves the days after it alone.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        on_schema_change='append_new_columns',
        pre_hook="{{ forget_day('snapshot_on') }}",
        meta={'grows_by': 'snapshot_on'},
    )
}}
with
    snapshots as (
        select *
        from ({{ rfm_snapshot_days() }}) as days
        where
            snapshot_on <> {{ run_date() }}
            {%- if is_incremental() %}
                and snapshot_on not in (select distinct snapshot_on from {{ this }})
            {%- endif %}
    ),
    final as ({{ rfm_scores('snapshots', run_date()) | indent(8) }})
select *
from final
