-- Returns of both channels under the order's key. A return that fits no line of a known order takes
-- nothing off anything: it is kept here with the reason, so that what came in and what was used
-- reconcile.
with
    webshop_returns as (select * from {{ ref('stg_webshop__returns') }}),
    store_returns as (select * from {{ ref('stg_pos__returns') }}),
    orders as (select * from {{ ref('int_purchases__orders') }}),
    lines as (select * from {{ ref('int_purchases__lines') }}),
    unioned as (
        select
            'webshop:' || return_id as return_id,
            'webshop:' || webshop_order_id as order_id,
            * exclude (return_id, webshop_order_id)
        from webshop_returns
        union all by name
        select
            'pos:' || return_id as return_id,
            'pos:' || receipt_id as order_id,
            * exclude (return_id, receipt_id)
        from store_returns
    ),
    lines_returned as (
        select order_id, line_number from lines semi join unioned using (order_id, line_number)
    ),
    final as (
        select
            unioned.return_id,
            unioned.order_id,
            unioned.line_number,
            unioned.product_id,
            unioned.quantity,
            unioned.amount_minor,
            unioned.returned_at,
            {{ local_day('unioned.returned_at') }} as returned_on,
            unioned.received_on,
            case
                when orders.order_id is null
                then 'unknown_order'
                when lines_returned.order_id is null
                then 'unknown_line'
            end as unmatched_reason
        from unioned
        left join orders using (order_id)
        left join
            lines_returned
            on lines_returned.order_id = unioned.order_id
            and lines_returned.line_number = unioned.line_number
    )
select *
from final
