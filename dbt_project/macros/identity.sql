{#-
  Normal forms of what identifies and reaches people. An address is compared, stored and sent to in its normal form
  only; what has none is null (and listed with its reason in int_identity__unusable_identifiers).
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

{#-
  A first name as it is compared: the first given name, lower case, one letter for each way to write it
  (Jørgen = Joergen = Jorgen, Håkon = Haakon). Null if no letter is left.
-#}
{% macro name_key(first_name) -%}
    {{ return(adapter.dispatch('name_key')(first_name)) }}
{%- endmacro %}

{#- Two name keys that may be one person: the same, or one is the other's initial. Null if either is missing. -#}
{% macro names_agree(left_key, right_key) -%}
    (
        {{ left_key }} = {{ right_key }}
        or (length({{ left_key }}) = 1 and starts_with({{ right_key }}, {{ left_key }}))
        or (length({{ right_key }}) = 1 and starts_with({{ left_key }}, {{ right_key }}))
    )
{%- endmacro %}

{#- Language codes as the templates name them: two letters, Norwegian is nb. -#}
{% macro normalise_language(raw) -%}
    case
        when lower(substr(trim({{ raw }}), 1, 2)) in ('no', 'nb', 'nn') then 'nb'
        else nullif(lower(substr(trim({{ raw }}), 1, 2)), '')
    end
{%- endmacro %}

{#- The customer id that a source record founds: 'c' and 15 hex digits. Never computed in any other way. -#}
{% macro customer_id_of(record_id) -%}
    'c' || substr(md5({{ record_id }}), 1, 15)
{%- endmacro %}

{#- A name that ends in a company form of the home countries is a company's, whatever field it stands in. -#}
{% macro has_company_form(name) -%}
    coalesce(regexp_matches(trim({{ name }}), '(?i)\s(as|asa|ans|da|enk|a/s|aps|i/s|ab|hb|kb|oy|oyj|ky)\.?$'), false)
{%- endmacro %}
