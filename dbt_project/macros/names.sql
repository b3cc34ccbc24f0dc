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

{#- Text as it is compared where spelling varies (family names, streets, postal codes): letters and digits only, one
    way to write each letter. Null if nothing is left. -#}
{% macro compact_key(raw) -%}
    {{ return(adapter.dispatch('compact_key')(raw)) }}
{%- endmacro %}

{% macro company_form_pattern() -%} '(?i)\s(as|asa|ans|da|enk|a/s|aps|i/s|ab|hb|kb|oy|oyj|ky)\.?$' {%- endmacro %}

{#- A name that ends in a company form of the home countries is a company's, whatever field it stands in. -#}
{% macro has_company_form(name) -%}
    coalesce(regexp_matches(trim({{ name }}), {{ company_form_pattern() }}), false)
{%- endmacro %}

{#- A company's name as it is compared: without its legal form. -#}
{% macro company_key(name) -%}
    {{ compact_key("regexp_replace(trim(" ~ name ~ "), " ~ company_form_pattern() ~ ", '')") }}
{%- endmacro %}

{#- The letters of the part before the @, and the words it is made of, as names are compared. -#}
{% macro address_letters(email) -%}
    regexp_replace({{ compact_key(mail_local(email)) }}, '[0-9]', '', 'g')
{%- endmacro %}

{% macro address_words(email) -%}
    {{ return(adapter.dispatch('address_words')(mail_local(email))) }}
{%- endmacro %}
