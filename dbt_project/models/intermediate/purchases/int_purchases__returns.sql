-- Returns of both channels under the order's key. A return that fits no line of a known order takes
-- nothing off anything: it is kept here with the reason, so that what came in and what was used
-- reconcile.
{{ config(unique_key=['return_id', 'order_id']) }}
{% set since = carried_from(
    [ref('int_purchases__orders'), ref('stg_webshop__order_lines'), ref('stg_pos__receipt_lines')]
) %}
{% set affected = affected_keys(this) %}
{%- if since %}
    with
        told as (
            select 'webshop:' || return_id as return_id, 'webshop:' || order_id as order_id
            from ({{ newly_known(source('webshop', 'returns'), 'returned_at', since) }}) as of_webshop
            union all
            select 'pos:' || return_id, 'pos:' || receipt_id
            from ({{ newly_known(source('pos', 'returns'), 'returned_at', since) }}) as of_stores
        ),
        -- Its order or its line has come, or is not known any more.
        orders as (
            select order_id
            from {{ affected_keys(ref('int_purchases__orders')) }}
            union all
            {{ orders_of_affected_lines() | indent(12) }}
        )
    select return_id, order_id
    from told
    union all
    -- Told again with another order: the first one may be another one now.
    select return_id, order_id
    from {{ this }}
    semi join told using (return_id)
    union all
    select return_id, order_id
    from {{ this }}
    semi join orders using (order_id) {{ carried_mark() }}
{%- endif %}
with
    webshop_returns as (select * from {{ ref('stg_webshop__returns') }}),
    store_returns as (select * from {{ ref('stg_pos__returns') }}),
    orders as (select * from {{ ref('int_purchases__orders') }}),
    lines as (select * from {{ ref('int_purchases__lines') }}),
    both_channels as (
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
    unioned as (select * from both_channels {{ only_affected(since, 'return_id, order_id') }}),
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
