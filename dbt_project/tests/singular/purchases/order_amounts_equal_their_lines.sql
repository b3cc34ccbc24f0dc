-- A line that is lost or doubled on the way shows here: orders and their lines are the same money.
{{ config(meta={'dagster': {'ref': {'name': 'fct_order_lines'}}}) }}
with
    lines as (
        select order_id, sum(gross_amount_minor) as gross, sum(returned_amount_minor) as returned
        from {{ rows_to_test(ref('fct_order_lines'), ['order_id']) }} as lines
        group by order_id
    )
select orders.order_id
from {{ ref('fct_orders') }} as orders
join lines using (order_id)
where
    orders.gross_amount_minor is distinct from lines.gross
    or orders.returned_amount_minor is distinct from lines.returned
