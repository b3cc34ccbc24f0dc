{#- Reading texts as instants differs per engine; everything else calls macros/feed.sql. -#}

{% macro default__feed_instant(text) -%}
    case
        when regexp_matches(trim({{ text }}), 'T.*([+-][0-9]{2}:?[0-9]{2}|[+-][0-9]{2}|Z)$') then coalesce(
            try_strptime(regexp_replace(trim({{ text }}), '([+-][0-9]{2})$', '\100'), ['%Y-%m-%dT%H:%M%z', '%Y-%m-%dT%H:%M:%S%z', '%Y-%m-%dT%H:%M:%S.%f%z']),
            try_cast(trim({{ text }}) as timestamptz)
        )
        else timezone('{{ var("timezone") }}', try_cast(trim({{ text }}) as timestamp))
    end
{%- endmacro %}
