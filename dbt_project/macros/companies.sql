{#- Names and numbers of companies in the forms in which they are compared. -#}

{#- Legal forms that end no person's name; what a till has under "name" is a company's if it ends so. -#}
{% macro certain_company_forms() -%}
    as|asa|ans|da|enk|nuf|a/s|aps|i/s|k/s|ivs|ab|hb|kb|oy|oyj|ky|tmi|gmbh|ug|ohg|ltd|limited|plc|llp|llc|inc|incorporated|uab
{%- endmacro %}

{#- All legal forms, the longest first: "GmbH & Co. KG" is one. -#}
{% macro company_forms() -%}
    gmbh\s*(?:&|und)\s*co\.?\s*kg|{{ certain_company_forms() }}|sa|ks|ba|ag|kg|gbr|corp|corporation|co|bv|nv|sarl|sas|srl|spa|hf|ehf
{%- endmacro %}

{#- "Bygg AS", "Bygg, A/S", "AB Bygg", "Bygg AB (publ)": what is left is the name. Legal forms in front are Nordic. -#}
{% macro company_without_form(name) -%}
    regexp_replace(
        regexp_replace({{ bare_company(name) }}, '(?i)[\s,]+(?:{{ company_forms() }})$', ''), '(?i)^(?:ab|oy|a/s)\s+', ''
    )
{%- endmacro %}

{#- Without "(publ)" and dots of abbreviation: Inc. = Inc, B.V. = BV. -#}
{% macro bare_company(name) -%}
    trim(regexp_replace(replace({{ name }}, '.', ''), '(?i)\s*\(publ\)\s*', ' '))
{%- endmacro %}

{% macro has_company_form(name) -%}
    coalesce(regexp_matches({{ bare_company(name) }}, '(?i)\s(?:{{ certain_company_forms() }})$'), false)
{%- endmacro %}

{#- A company's name as it is compared: without its legal form, and however its "and" is written. -#}
{% macro company_key(name) -%}
    {{ compact_key("regexp_replace(" ~ company_without_form(name) ~ ", '(?i)\\s(?:og|och|and|und|&|\\+)\\s', ' ', 'g')") }}
{%- endmacro %}

{#- The legal form itself, one way to write it; null if the name has none. Two companies of one name in one town differ
    in it. -#}
{% macro company_form(name) -%}
    nullif(
        replace(
            replace(
                lower(regexp_replace(
                    regexp_extract({{ bare_company(name) }}, '(?i)[\s,]+({{ company_forms() }})$', 1), '[\s/&]', '', 'g'
                )),
                'limited', 'ltd'
            ),
            'incorporated', 'inc'
        ),
        ''
    )
{%- endmacro %}

{#- Digits of an organisation number without the letters around them (NO 123 456 789 MVA); null if fewer than six. Two
    digits that Sweden adds for value added tax (SE556677889901) are not part of it. -#}
{% macro normalise_organisation_number(raw) -%}
    case
        when length(regexp_replace({{ raw }}, '[^0-9]', '', 'g')) >= 6
        then
            case
                when upper(trim({{ raw }})) like 'SE%01' and length(regexp_replace({{ raw }}, '[^0-9]', '', 'g')) = 12
                then left(regexp_replace({{ raw }}, '[^0-9]', '', 'g'), 10)
                else regexp_replace({{ raw }}, '[^0-9]', '', 'g')
            end
    end
{%- endmacro %}

{#- A company that names nobody, and somebody of another name with nothing of the company's but the switchboard. What a till
    took for a person's name may be the company's: Hansen Bygg. -#}
{% macro is_company_of_a_colleague(company, person) -%}
    (
        {{ company }}.company_key is not null
        and {{ company }}.own_first_name_key is null
        and {{ person }}.company_key is null
        and {{ person }}.own_first_name_key || coalesce({{ person }}.last_name_key, '') <> {{ company }}.company_key
    )
{%- endmacro %}
