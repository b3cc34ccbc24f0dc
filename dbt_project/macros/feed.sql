{#- How the product feed writes prices and instants. Here and nowhere else. -#}

{#- '199.00 NOK' (or 'NOK 199.00') as integer minor units; null when no number is in it. -#}
{% macro feed_price_minor(price) -%}
    {{ to_minor("try_cast(nullif(regexp_extract(" ~ price ~ ", '[0-9]+([.][0-9]+)?'), '') as decimal(18, 4))") }}
{%- endmacro %}

{#-
  ISO 8601 with or without seconds, '+0100' or '+01:00' or Z; without an offset it is the retailer's local time.
  Null when it cannot be read: a sale whose days nobody can tell is not in effect.
-#}
{% macro feed_instant(text) -%}
    {{ return(adapter.dispatch('feed_instant')(text)) }}
{%- endmacro %}
