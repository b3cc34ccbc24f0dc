-- Lines of both channels under one key, gross. A view, so that readers take only the columns they need from
-- the files.
{{ config(materialized='view') }}
with
    order_lines as (select * from {{ ref('stg_webshop__order_lines') }}),
    receipt_lines as (select * from {{ ref('stg_pos__receipt_lines') }}),
    final as (
        select 'webshop:' || webshop_order_id as order_id, * exclude (webshop_order_id)
        from order_lines
        union all by name
        select 'pos:' || receipt_id as order_id, * exclude (receipt_id)
        from receipt_lines
    )
select *
from final
