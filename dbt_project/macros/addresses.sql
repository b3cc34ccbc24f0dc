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
  E.164 (+4791234567), else null. Numbers of the home countries NO, SE, DK, FI are settled here; those of all others were
  read by the world's numbering plans and are looked up. `country` is an SQL expression (ISO 3166-1 alpha-2) that says
  how to read a number without calling code; null = the retailer's country.
-#}
{% macro normalise_phone(raw, country='null', looked_up=none) -%}
    coalesce(
        {{ home_phone(raw, country) }},
        {% if looked_up -%} {{ looked_up }}
        {%- else -%}
        (select known_number from {{ foreign_numbers() }} where {{ is_foreign_number(raw, country) }})
        {%- endif %}
    )
{%- endmacro %}

{#-
  Where numbers are looked up, and by what. Large relations left join it and pass `looked_up='known_number'`: looking up
  row by row costs as much as all else that is done with a row. Columns of the lookup have names that nobody else has.
-#}
{% macro foreign_numbers() -%}
    (
        select dialled as known_dialled, country as known_country, phone as known_number
        from {{ ref('base_addresses__foreign_phones') }}
    ) as foreign_numbers
{%- endmacro %}

{% macro is_foreign_number(raw, country='null') -%}
    known_dialled = {{ dialled_number(raw) }} and known_country = {{ dialled_country(raw, country) }}
{%- endmacro %}

{#- A number of a home country in E.164, else null. -#}
{% macro home_phone(raw, country='null') -%}
    {{ return(adapter.dispatch('home_phone')(raw, country)) }}
{%- endmacro %}

{#- What one would dial: digits, with a leading + where they carry a calling code; '' if anything else is in it. -#}
{% macro dialled_number(raw) -%}
    {{ return(adapter.dispatch('dialled_number')(raw)) }}
{%- endmacro %}

{#- Whose plan reads the number: '' = its own calling code says so. -#}
{% macro dialled_country(raw, country='null') -%}
    case
        when starts_with({{ dialled_number(raw) }}, '+') then ''
        else {{ country_of_number(country) }}
    end
{%- endmacro %}

{%- macro country_of_number(country) -%}
    coalesce(nullif(upper(trim({{ country }})), ''), '{{ var("country") }}')
{%- endmacro %}

{#- Cheap, and true of every number that home_phone leaves to the world's numbering plans. -#}
{% macro may_be_foreign(raw, country='null') -%}
    ({{ has_calling_code(raw) }} or {{ is_foreign(country) }})
{%- endmacro %}

{%- macro is_foreign(country) -%}
    {{ country_of_number(country) }} not in {{ home_countries() }}
{%- endmacro %}

{%- macro home_countries() -%} ('NO', 'SE', 'DK', 'FI') {%- endmacro %}

{#- The normal form of an address on its channel (email or sms), for consent and provider events. -#}
{% macro normalise_address(raw, channel, looked_up=none) -%}
    case {{ channel }}
        when 'email' then {{ normalise_email(raw) }}
        when 'sms' then {{ normalise_phone(raw, looked_up=looked_up) }}
    end
{%- endmacro %}

{% macro mail_local(email) -%} split_part({{ email }}, '@', 1) {%- endmacro %}

{% macro mail_domain(email) -%} split_part({{ email }}, '@', 2) {%- endmacro %}

{#-
  The mailbox behind an address: the part before the provider's tag sign, without dots where the provider ignores
  them, at the provider's own domain. What is known of the provider is joined by mailbox_forms.
-#}
{% macro mailbox(email) -%}
    {%- set local = mail_local(email) -%}
    {%- set untagged = "coalesce(nullif(split_part(" ~ local ~ ", tags.normal_form, 1), ''), " ~ local ~ ")" -%}
    case when dots.value is not null then replace({{ untagged }}, '.', '') else {{ untagged }} end
    || '@' || coalesce(domains.normal_form, {{ mail_domain(email) }})
{%- endmacro %}

{#- For a `from` clause: of `forms` (the seed identity_normal_forms) what mailbox needs; none where nothing is known. -#}
{% macro mailbox_forms(forms, email) -%}
    left join {{ forms }} as domains on domains.kind = 'mail_domain' and domains.value = {{ mail_domain(email) }}
    {%- for name, kind in [('tags', 'mail_tag'), ('dots', 'mail_dots')] %}
    left join {{ forms }} as {{ name }}
        on {{ name }}.kind = '{{ kind }}'
        and {{ name }}.value = coalesce(domains.normal_form, {{ mail_domain(email) }})
    {%- endfor %}
{%- endmacro %}
