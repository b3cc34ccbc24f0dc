{#- Lists, JSON and ordered aggregates differ per engine; everything else calls these. -#}

{#- Text at a path of a JSON document. -#}
{% macro json_text(document, path) -%}
    {{ return(adapter.dispatch('json_text')(document, path)) }}
{%- endmacro %}

{% macro default__json_text(document, path) -%}
    json_extract_string({{ document }}, '{{ path }}')
{%- endmacro %}

{#- The texts of a JSON array at a path, as a list. -#}
{% macro json_text_list(document, path) -%}
    {{ return(adapter.dispatch('json_text_list')(document, path)) }}
{%- endmacro %}

{% macro default__json_text_list(document, path) -%}
    json_extract_string({{ document }}, '{{ path }}[*]')
{%- endmacro %}

{#- Aggregate: the texts of a group in their order, as one text. An ordered aggregate would sort the whole table for it. -#}
{% macro texts_in_order(text, separator) -%}
    {{ return(adapter.dispatch('texts_in_order')(text, separator)) }}
{%- endmacro %}

{% macro default__texts_in_order(text, separator) -%}
    array_to_string(list_sort(list({{ text }})), '{{ separator }}')
{%- endmacro %}

{#- Aggregate: the n-th largest value of a group (1 = the largest), null where the group is smaller. -#}
{% macro nth_largest(value, n) -%}
    {{ return(adapter.dispatch('nth_largest')(value, n)) }}
{%- endmacro %}

{% macro default__nth_largest(value, n) -%}
    list({{ value }} order by {{ value }} desc)[{{ n }}]
{%- endmacro %}

{#- Aggregate: what a column holds in the first `n` rows by another, in that order. Numbers only: no text is kept. -#}
{% macro first_n_by(column, place, n) -%}
    {{ return(adapter.dispatch('first_n_by')(column, place, n)) }}
{%- endmacro %}

{% macro default__first_n_by(column, place, n) -%}
    arg_min({{ column }}, {{ place }}, {{ n }})
{%- endmacro %}

{#-
  Aggregate over (instant, key): the entries that stay when each must lie at least `gap` after the one kept before
  it, the earliest first. A fold over the sorted list: whether an entry stays depends on all that stayed before.
-#}
{% macro spaced_out(instant, key, gap) -%}
    {{ return(adapter.dispatch('spaced_out')(instant, key, gap)) }}
{%- endmacro %}

{% macro default__spaced_out(instant, key, gap) -%}
    list_reduce(
        list([{'at': {{ instant }}, 'key': {{ key }}}] order by {{ instant }}, {{ key }}),
        lambda kept, entry: case
            when entry[1].at >= kept[len(kept)].at + {{ gap }} then list_append(kept, entry[1])
            else kept
        end
    )
{%- endmacro %}

{#- The time zones that the engine knows: one unknown name would otherwise stop the whole run. -#}
{% macro known_time_zones() -%}
    {{ return(adapter.dispatch('known_time_zones')()) }}
{%- endmacro %}

{% macro default__known_time_zones() -%}
    (select name from pg_timezone_names())
{%- endmacro %}

{#- Element of a list at a position counted from 0; beyond its end, the last one. -#}
{% macro list_at_or_last(values, position) -%}
    {{ return(adapter.dispatch('list_at_or_last')(values, position)) }}
{%- endmacro %}

{% macro default__list_at_or_last(values, position) -%}
    {{ values }}[least({{ position }} + 1, len({{ values }}))]
{%- endmacro %}

{#-
  Aggregate: a group's rows as the text of a JSON list of objects with these columns, in the order of `by`. The list is put
  in order when it is whole: an ordered aggregate of many small groups takes several times their memory.
-#}
{% macro json_rows_in_order(by, columns) -%}
    {{ return(adapter.dispatch('json_rows_in_order')(by, columns)) }}
{%- endmacro %}

{% macro default__json_rows_in_order(by, columns) -%}
    cast(to_json(list_transform(
        list_sort(list({
            {%- for column in by %}'by_{{ loop.index }}': {{ column }}, {% endfor -%}
            {%- for column in columns %}'{{ column }}': {{ column }}{{ ", " if not loop.last }}{% endfor -%}
        })),
        lambda entry: {
            {%- for column in columns %}'{{ column }}': entry.{{ column }}{{ ", " if not loop.last }}{% endfor -%}
        }
    )) as varchar)
{%- endmacro %}
