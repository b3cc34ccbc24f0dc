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

{#- Two name keys of which one may be a slip of the other (marit, maritt). Sisters may be called so too: it needs
    further evidence. -#}
{% macro names_resemble(left_key, right_key) -%}
    ({{ names_agree(left_key, right_key) }} or {{ text_similarity(left_key, right_key) }} >= 0.85)
{%- endmacro %}

{#- Text as it is compared where spelling varies (family names, streets, postal codes): letters and digits only, one
    way to write each letter. Null if nothing is left. -#}
{% macro compact_key(raw) -%}
    {{ return(adapter.dispatch('compact_key')(raw)) }}
{%- endmacro %}

{#- A company's name as it is compared: without its legal form. -#}
{% macro company_key(name) -%}
    {{ compact_key("regexp_replace(trim(" ~ name ~ "), " ~ company_form_pattern() ~ ", '')") }}
{%- endmacro %}

{#- Digits of an organisation number without the letters around them (NO 123 456 789 MVA); null if fewer than six. -#}
{% macro normalise_organisation_number(raw) -%}
    case
        when length(regexp_replace({{ raw }}, '[^0-9]', '', 'g')) >= 6 then regexp_replace({{ raw }}, '[^0-9]', '', 'g')
    end
{%- endmacro %}

{% macro mail_domain(email) -%} split_part({{ email }}, '@', 2) {%- endmacro %}

{#-
  The mailbox behind an address: the part before the provider's tag sign, without dots where the provider ignores
  them, at the provider's own domain. `tag`, `dots` and `domain` are null where nothing is known of the provider.
-#}
{% macro mailbox(email, tag, dots, domain) -%}
    {%- set local = "split_part(" ~ email ~ ", '@', 1)" -%}
    {%- set untagged = "coalesce(nullif(split_part(" ~ local ~ ", " ~ tag ~ ", 1), ''), " ~ local ~ ")" -%}
    case when {{ dots }} is not null then replace({{ untagged }}, '.', '') else {{ untagged }} end
    || '@' || coalesce({{ domain }}, {{ mail_domain(email) }})
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

{% macro company_form_pattern() -%} '(?i)\s(as|asa|ans|da|enk|a/s|aps|i/s|ab|hb|kb|oy|oyj|ky)\.?$' {%- endmacro %}

{#- A name that ends in a company form of the home countries is a company's, whatever field it stands in. -#}
{% macro has_company_form(name) -%}
    coalesce(regexp_matches(trim({{ name }}), {{ company_form_pattern() }}), false)
{%- endmacro %}

{#- The letters of the part before the @, and the words it is made of, as names are compared. -#}
{% macro address_letters(email) -%}
    regexp_replace({{ compact_key(mail_local(email)) }}, '[0-9]', '', 'g')
{%- endmacro %}

{% macro address_words(email) -%}
    {{ return(adapter.dispatch('address_words')(mail_local(email))) }}
{%- endmacro %}

{% macro mail_local(email) -%} split_part({{ email }}, '@', 1) {%- endmacro %}

{#- As much of a shared value as it takes to recognise it: k…@post.no, …567. Descriptions of a person give none. -#}
{% macro value_hint(value, kind) -%}
    case {{ kind }}
        when 'email' then substr({{ value }}, 1, 1) || '…@' || {{ mail_domain(value) }}
        when 'phone' then '…' || right({{ value }}, 3)
        when 'member_id' then {{ value }}
        when 'organisation_number' then {{ value }}
    end
{%- endmacro %}
