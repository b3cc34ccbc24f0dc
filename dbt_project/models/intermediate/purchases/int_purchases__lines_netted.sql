-- Every known line less what came back of it. A view: orders are rolled up from it before anything is
-- joined to them, and reading the typed files twice costs less than writing one more table of all lines.
{{ config(materialized='view') }}
with
    lines as (select * from {{ ref('int_purchases__lines') }}),
    returns as (select * from {{ ref('int_purchases__returns') }} where unmatched_reason is null),
    returned as (
        select
            order_id,
            line_number,
            sum(quantity) as returned_quantity,
            cast(sum(amount_minor) as bigint) as returned_amount_minor,
            max(received_on) as received_on
        from returns
        group by order_id, line_number
    ),
    final as (
        select
            lines.order_id,
            lines.line_number,
            lines.product_id,
            lines.quantity,
            coalesce(returned.returned_quantity, 0) as returned_quantity,
            lines.unit_price_minor,
            lines.discount_amount_minor,
            lines.line_amount_minor as gross_amount_minor,
            coalesce(returned.returned_amount_minor, 0) as returned_amount_minor,
            lines.line_amount_minor - coalesce(returned.returned_amount_minor, 0) as net_amount_minor,
            lines.received_on,
            greatest(lines.received_on, returned.received_on) as last_received_on
        from lines
        left join returned using (order_id, line_number)
    )
select *
from final
