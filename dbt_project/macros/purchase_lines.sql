{#-
  Lines of orders and receipts. Carried tables ask for those of their affected orders: each channel is cut by its own id
  there, before ids are put together for all history.
-#}

{#- Lines of both channels under one key, gross. -#}
{% macro purchase_lines(since=none) -%}
    select 'webshop:' || webshop_order_id as order_id, * exclude (webshop_order_id)
    from {{ ref('stg_webshop__order_lines') }}
    {%- if since %}
    where webshop_order_id in ({{ ids_of('webshop', affected_keys(this), 'order_id') }})
    {%- endif %}
    union all by name
    select 'pos:' || receipt_id as order_id, * exclude (receipt_id)
    from {{ ref('stg_pos__receipt_lines') }}
    {%- if since %}
    where receipt_id in ({{ ids_of('pos', affected_keys(this), 'order_id') }})
    {%- endif %}
{%- endmacro %}

{#- Lines (a relation with the columns of purchase_lines) less what came back of them. -#}
{% macro netted_lines(lines, since=none) -%}
    with
        returned as (
            select
                order_id,
                line_number,
                sum(quantity) as returned_quantity,
                cast(sum(amount_minor) as bigint) as returned_amount_minor,
                max(received_on) as received_on
            from {{ ref('int_purchases__returns') }} {{ only_affected(since, 'order_id') }}
            where unmatched_reason is null
            group by order_id, line_number
        )
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
    from {{ lines }} as lines
    left join returned using (order_id, line_number)
{%- endmacro %}

{#- The same of the affected orders alone; of all where the table is built whole. -#}
{% macro netted_lines_of_affected(since) -%}
    {%- if not since -%} {{ return('select * from ' ~ ref('int_purchases__lines_netted')) }} {%- endif -%}
    {{ netted_lines('(' ~ purchase_lines(since) ~ ')', since) }}
{%- endmacro %}
