{#- Text functions differ per engine; everything else calls macros/addresses.sql and names.sql. -#}

{% macro default__normalise_email(raw) -%}
    nullif(
        regexp_extract(
            lower(trim({{ raw }})),
            '^[^@\s,;:<>()\[\]"]{1,64}@([\p{L}0-9]([\p{L}0-9-]*[\p{L}0-9])?\.)+\p{L}[\p{L}0-9-]*[\p{L}0-9]$'
        ),
        ''
    )
{%- endmacro %}

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

{% macro default__name_key(first_name) -%}
    nullif(
        regexp_extract(
            regexp_replace(
                regexp_replace(
                    regexp_replace(
                        strip_accents(
                            translate(lower(trim({{ first_name }})), 'æäøöåðþß', 'aaooadts')
                        ),
                        'a[ae]', 'a', 'g'
                    ),
                    'oe', 'o', 'g'
                ),
                '[.''’`]', '', 'g'
            ),
            '^[^\p{L}]*(\p{L}+)', 1
        ),
        ''
    )
{%- endmacro %}

{% macro default__compact_key(raw) -%}
    nullif(
        regexp_replace(
            regexp_replace(
                regexp_replace(
                    strip_accents(translate(lower({{ raw }}), 'æäøöåðþß', 'aaooadts')), 'a[ae]', 'a', 'g'
                ),
                'oe', 'o', 'g'
            ),
            '[^\p{L}0-9]', '', 'g'
        ),
        ''
    )
{%- endmacro %}

{#- 0 to 1; 1 = the same text (Jaro-Winkler: a common beginning counts more). -#}
{% macro text_similarity(left_text, right_text) -%}
    {{ return(adapter.dispatch('text_similarity')(left_text, right_text)) }}
{%- endmacro %}

{% macro default__text_similarity(left_text, right_text) -%}
    jaro_winkler_similarity({{ left_text }}, {{ right_text }})
{%- endmacro %}

{% macro default__address_words(local) -%}
    list_transform(regexp_extract_all({{ local }}, '\p{L}+'), lambda word: {{ compact_key('word') }})
{%- endmacro %}

{#- Letters to add, drop, change or swap with the next to make one text of the other. -#}
{% macro edit_distance(left_text, right_text) -%}
    {{ return(adapter.dispatch('edit_distance')(left_text, right_text)) }}
{%- endmacro %}

{% macro default__edit_distance(left_text, right_text) -%}
    damerau_levenshtein({{ left_text }}, {{ right_text }})
{%- endmacro %}
