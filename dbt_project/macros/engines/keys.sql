{% macro default__bucket(salt, customer_id) -%}
    cast(cast('0x' || substr(md5({{ salt }} || ':' || {{ customer_id }}), 1, 8) as ubigint) % 10000 as integer)
{%- endmacro %}
