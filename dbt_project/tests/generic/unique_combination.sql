{#- No two rows share the values of `columns`. The key test of every model whose grain is more than one column. -#}
{% test unique_combination(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as n_rows
    from {{ rows_to_test(model, columns) }} as tested
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}
