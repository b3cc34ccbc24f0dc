{#- Identifiers and buckets: recomputable for any date, in any language (md5 and sha256, never an engine's own hash). -#}

{#- First 32 hex digits of sha256 over v1, tenant, journey, step, channel, anchor, customer_id, joined by byte 0x1F. -#}
{% macro message_id(journey, step, channel, anchor, customer_id) -%}
    substr(sha256(concat_ws(chr(31), 'v1', '{{ var("tenant") }}', {{ journey }}, {{ step }}, {{ channel }}, {{ anchor }}, {{ customer_id }})), 1, 32)
{%- endmacro %}

{#- Bucket 0-9999: first 8 hex digits of md5(salt:customer_id) as an unsigned integer, mod 10 000. -#}
{% macro bucket(salt, customer_id) -%}
    {{ return(adapter.dispatch('bucket')(salt, customer_id)) }}
{%- endmacro %}

{#- An amount in the major unit as integer minor units (øre, cents). -#}
{% macro to_minor(amount) -%}
    cast(round(cast({{ amount }} as decimal(18, 4)) * 100) as bigint)
{%- endmacro %}
