{#- How an engine reads telephone numbers; macros/addresses.sql says what is asked of it. -#}

{% macro default__dialled_number(raw) -%}
    regexp_extract(
        regexp_replace(
            regexp_replace(regexp_replace({{ raw }}, '\(0\)', '', 'g'), '[\s\p{Z}().\-/‐‑–]', '', 'g'),
            '^00', '+'
        ),
        '^\+?[0-9]+$'
    )
{%- endmacro %}

{#- Of any country. Most numbers of the home country show at their first letter that they have none. -#}
{% macro has_calling_code(raw) -%}
    {{ return(adapter.dispatch('has_calling_code')(raw)) }}
{%- endmacro %}

{% macro default__has_calling_code(raw) -%}
    (left({{ raw }}, 1) not between '1' and '9' and regexp_matches({{ raw }}, '^[\s\p{Z}(]*(\+|0[\s\p{Z}]*0)'))
{%- endmacro %}

{#- {phone, is_mobile} by the world's numbering plans, null if nobody can have the number: a function that the program
    gives to the connection (assets/identity/dbt_functions.py). -#}
{% macro read_foreign_phone(dialled, country) -%}
    {{ return(adapter.dispatch('read_foreign_phone')(dialled, country)) }}
{%- endmacro %}

{% macro default__read_foreign_phone(dialled, country) -%}
    read_foreign_phone({{ dialled }}, {{ country }})
{%- endmacro %}

{% macro default__home_phone(raw, country) -%}
{%- set compact = dialled_number(raw) -%}
{%- set home = country_of_number(country) -%}
    nullif(
        regexp_extract(
            regexp_replace(
                case
                    when starts_with({{ compact }}, '+') then {{ compact }}
                    when {{ home }} = 'NO' then regexp_replace({{ compact }}, '^(?:47)?([2-9][0-9]{7})$', '+47\1')
                    when {{ home }} = 'DK' then regexp_replace({{ compact }}, '^(?:45)?([2-9][0-9]{7})$', '+45\1')
                    when {{ home }} = 'SE'
                        then regexp_replace(
                            regexp_replace({{ compact }}, '^0([1-9][0-9]{6,8})$', '+46\1'),
                            '^(?:46)?(7[02369][0-9]{7})$', '+46\1'
                        )
                    when {{ home }} = 'FI'
                        then regexp_replace(
                            regexp_replace({{ compact }}, '^0([1-9][0-9]{4,10})$', '+358\1'),
                            '^(?:358)?((?:4[0-9]|50)[0-9]{4,8})$', '+358\1'
                        )
                end,
                '^\+(46|358)0', '+\1'
            ),
            '^\+(?:4[57][2-9][0-9]{7}|46[1-9][0-9]{6,8}|358[1-9][0-9]{4,10})$'
        ),
        ''
    )
{%- endmacro %}

{#- Does a number in E.164 belong to one of the home countries? -#}
{% macro is_home_number(phone) -%}
    {{ return(adapter.dispatch('is_home_number')(phone)) }}
{%- endmacro %}

{% macro default__is_home_number(phone) -%}
    regexp_matches({{ phone }}, '^\+(45|46|47|358)')
{%- endmacro %}

{#- May an E.164 number of a home country receive text messages? A constant pattern: one that is read from a table is
    compiled anew for every row, which cost more than everything else about a customer's addresses. -#}
{% macro is_home_mobile(phone) -%}
    {{ return(adapter.dispatch('is_home_mobile')(phone)) }}
{%- endmacro %}

{% macro default__is_home_mobile(phone) -%}
    regexp_matches(
        {{ phone }}, '^\+(47[49][0-9]{7}|467[02369][0-9]{7}|45[2-9][0-9]{7}|358(4[0-9]|50)[0-9]{4,8})$'
    )
{%- endmacro %}
