{#- Reading texts as instants differs per engine; everything else calls macros/feed.sql. -#}

{% macro default__feed_instant(text) -%}
{#- Offsets are brought into one shape first: Z, +01:00 and +01 become +0000, +0100 and +0100. -#}
{%- set without_z = "regexp_replace(trim(" ~ text ~ "), '[Zz]$', '+0000')" -%}
{%- set without_colon = "regexp_replace(" ~ without_z ~ ", '(T.*[+-][0-9]{2}):([0-9]{2})$', '\\1\\2')" -%}
{%- set with_minutes = "regexp_replace(" ~ without_colon ~ ", '(T[0-9:.]+[+-][0-9]{2})$', '\\1' || '00')" -%}
    case
        when regexp_matches(trim({{ text }}), 'T.*([+-][0-9]{2}(:?[0-9]{2})?|[Zz])$')
            then try_strptime(
                {{ with_minutes }}, ['%Y-%m-%dT%H:%M%z', '%Y-%m-%dT%H:%M:%S%z', '%Y-%m-%dT%H:%M:%S.%g%z']
            )
        else timezone('{{ var("timezone") }}', try_cast(trim({{ text }}) as timestamp))
    end
{%- endmacro %}
