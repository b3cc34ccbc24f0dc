{#- Names and windows that several models of the measuring step share. -#}

{#- Key of a newsletter that was sent outside this system: one per campaign, channel and address. -#}
{% macro external_message_id(campaign_id, channel, address) -%}
    'x' || substr(md5(concat_ws(chr(31), 'external', '{{ var("tenant") }}', {{ campaign_id }}, {{ channel }}, {{ address }})), 1, 31)
{%- endmacro %}
