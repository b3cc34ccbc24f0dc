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
