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

{#- Whether a pattern that comes from a table (RE2) is found in a value: a function that the program gives to the connection
    (assets/identity/dbt_functions.py). -#}
{% macro fits_pattern(value, pattern) -%}
    {{ return(adapter.dispatch('fits_pattern')(value, pattern)) }}
{%- endmacro %}

{% macro default__fits_pattern(value, pattern) -%}
    fits_pattern({{ value }}, {{ pattern }})
{%- endmacro %}

{#- Lower case, one way to write each letter: Jørgen = Joergen = Jorgen, Müller = Mueller, Groß = Gross, Håkon = Haakon. -#}
{% macro one_spelling(text) -%}
    {{ return(adapter.dispatch('one_spelling')(text)) }}
{%- endmacro %}

{% macro default__one_spelling(text) -%}
    regexp_replace(
        regexp_replace(
            regexp_replace(
                strip_accents(replace(translate(lower({{ text }}), 'æäøöåðþ', 'aaooadt'), 'ß', 'ss')), 'a[ae]', 'a', 'g'
            ),
            'oe', 'o', 'g'
        ),
        'ue', 'u', 'g'
    )
{%- endmacro %}

{#- Digits between letters, as machines read handwriting: So1veig, S0lveig. -#}
{% macro letters_read(name) -%}
    {{ return(adapter.dispatch('letters_read')(name)) }}
{%- endmacro %}

{% macro default__letters_read(name) -%}
    case
        when regexp_matches({{ name }}, '\p{L}[015]+\p{L}') then translate({{ name }}, '015', 'ols') else {{ name }}
    end
{%- endmacro %}

{% macro default__name_key(first_name) -%}
    nullif(
        regexp_extract(
            regexp_replace({{ one_spelling(letters_read("trim(" ~ first_name ~ ")")) }}, '[.''’`]', '', 'g'), '^[^\p{L}]*(\p{L}+)', 1
        ),
        ''
    )
{%- endmacro %}

{% macro default__compact_key(raw) -%}
    nullif(regexp_replace({{ one_spelling(raw) }}, '[^\p{L}0-9]', '', 'g'), '')
{%- endmacro %}

{#- 0 to 1; 1 = the same text (Jaro-Winkler: a common beginning counts more). -#}
{% macro text_similarity(left_text, right_text) -%}
    {{ return(adapter.dispatch('text_similarity')(left_text, right_text)) }}
{%- endmacro %}

{% macro default__text_similarity(left_text, right_text) -%}
    jaro_winkler_similarity({{ left_text }}, {{ right_text }})
{%- endmacro %}

{% macro default__address_words(local) -%}
    array_to_string(
        list_transform(regexp_extract_all({{ local }}, '\p{L}+'), lambda word: {{ compact_key('word') }}), ' '
    )
{%- endmacro %}

{#- Letters to add, drop, change or swap with the next to make one text of the other. -#}
{% macro edit_distance(left_text, right_text) -%}
    {{ return(adapter.dispatch('edit_distance')(left_text, right_text)) }}
{%- endmacro %}

{% macro default__edit_distance(left_text, right_text) -%}
    damerau_levenshtein({{ left_text }}, {{ right_text }})
{%- endmacro %}
