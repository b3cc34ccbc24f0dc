{# A line of an order or a cart as content refers to it: "price|quantity|amount|product". What was paid belongs to
   the line, everything else to the product, which is written once for all messages that show it. Rendering takes the
   reference apart (assets/messaging/goods.py); a line without an amount, as carts have, leaves that place empty. #}
{% macro line_reference(product_id, price_minor, quantity, amount_minor="null") -%}
    concat_ws(
        '|',
        coalesce(cast({{ price_minor }} as varchar), ''),
        cast({{ quantity }} as varchar),
        coalesce(cast({{ amount_minor }} as varchar), ''),
        {{ product_id }}
    )
{%- endmacro %}
