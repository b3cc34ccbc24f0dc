{#-
  Normal forms of what reaches people. An address is compared, stored and sent to in its normal form only; what has none
  is null (and listed with its reason in int_identity__unusable_identifiers).
-#}

{#- Lower case, trimmed, and shaped like an address of a mail server; else null. Dots and tags are kept: consent
    belongs to the address as it was given. -#}
{% macro normalise_email(raw) -%}
    {{ return(adapter.dispatch('normalise_email')(raw)) }}
{%- endmacro %}

{#-
  E.164 (+4791234567) for numbers of the home countries NO, SE, DK, FI; else null. `country` is an SQL expression
  (ISO 3166-1 alpha-2) that says how to read a number without calling code; null = the retailer's country.
-#}
{% macro normalise_phone(raw, country='null') -%}
    {{ return(adapter.dispatch('normalise_phone')(raw, country)) }}
{%- endmacro %}

{#- The normal form of an address on its channel (email or sms), for consent and provider events. -#}
{% macro normalise_address(raw, channel) -%}
    case {{ channel }}
        when 'email' then {{ normalise_email(raw) }}
        when 'sms' then {{ normalise_phone(raw) }}
    end
{%- endmacro %}

{% macro mail_local(email) -%} split_part({{ email }}, '@', 1) {%- endmacro %}

{% macro mail_domain(email) -%} split_part({{ email }}, '@', 2) {%- endmacro %}

{#-
  The mailbox behind an address: the part before the provider's tag sign, without dots where the provider ignores
  them, at the provider's own domain. `tag`, `dots` and `domain` are null where nothing is known of the provider.
-#}
{% macro mailbox(email, tag, dots, domain) -%}
    {%- set local = mail_local(email) -%}
    {%- set untagged = "coalesce(nullif(split_part(" ~ local ~ ", " ~ tag ~ ", 1), ''), " ~ local ~ ")" -%}
    case when {{ dots }} is not null then replace({{ untagged }}, '.', '') else {{ untagged }} end
    || '@' || coalesce({{ domain }}, {{ mail_domain(email) }})
{%- endmacro %}
