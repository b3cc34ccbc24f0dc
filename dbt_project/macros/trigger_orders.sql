{#- What the kinds share that start with an order: a message about it speaks of its dearest product. -#}

{#- An aggregate: the product of the dearest of the lines; of lines as dear as each other the first product and line. -#}
{% macro dearest_product(lines) -%}
    first(
        {{ lines }}.product_id
        order by {{ lines }}.net_amount_minor desc, {{ lines }}.product_id, {{ lines }}.line_number
    )
{%- endmacro %}

{#- The columns in which a kind ends whose anchor is a whole order: `entered` has its order_id. -#}
{% macro order_trigger_columns() -%}
    {{ trigger_columns(
        order='entered.order_id',
        product='dearest.product_id',
        evidence={'order': 'entered.order_id', 'product': 'dearest.product_id'},
    ) }}
    left join (
        select order_lines.order_id, {{ dearest_product('order_lines') }} as product_id
        from {{ ref('fct_order_lines') }} as order_lines
        where order_lines.is_valid and order_lines.order_id in (select entered.order_id from entered)
        group by order_lines.order_id
    ) as dearest on entered.order_id = dearest.order_id
{%- endmacro %}
