{#- Names, and other text that people spell as they like, in the forms in which they are compared. -#}

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

{% macro words_are_equal(left_key, right_key) -%} {{ left_key }} = {{ right_key }} {%- endmacro %}

{#- A record's first and family name stand in each other's place on the other record: Kari Hansen, Hansen Kari. `same` is
    the macro that compares two words. Null if one is missing. -#}
{% macro names_are_swapped(left_side, right_side, same) -%}
    ({{ same(left_side ~ '.first_name_key', right_side ~ '.last_name_key') }}
    and {{ same(left_side ~ '.last_name_key', right_side ~ '.first_name_key') }})
{%- endmacro %}

{#- Text as it is compared where spelling varies (family names, streets, postal codes): letters and digits only, one
    way to write each letter. Null if nothing is left. -#}
{% macro compact_key(raw) -%}
    {{ return(adapter.dispatch('compact_key')(raw)) }}
{%- endmacro %}

{#- The words that the part before the @ is made of, as names are compared, with a blank between them. -#}
{% macro address_words(email) -%}
    {{ return(adapter.dispatch('address_words')(mail_local(email))) }}
{%- endmacro %}
