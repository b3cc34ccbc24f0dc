{#- How a line of an order or a cart is written into a message. -#}

{#- The product's card with the line's own price and quantity; `amount_minor` is what the line came to, where known. -#}
{% macro line_card(card, price_minor, quantity, amount_minor=none) -%}
    struct_pack(
        product_id := {{ card }}.product_id,
        title := {{ card }}.title,
        brand := {{ card }}.brand,
        price_minor := {{ price_minor }},
        regular_price_minor := {{ price_minor }},
        image_link := {{ card }}.image_link,
        link := {{ card }}.link,
        product_group := {{ card }}.product_group,
        quantity := {{ quantity }}
        {%- if amount_minor %},
        amount_minor := {{ amount_minor }}
        {%- endif %}
    )
{%- endmacro %}
