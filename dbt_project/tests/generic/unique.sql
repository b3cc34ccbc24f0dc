{#- No two rows share a value of the column; several may have none. In the place of dbt's own, which looks at every row. -#}
{% test unique(model, column_name) %}
    select {{ column_name }}, count(*) as n_rows
    from {{ rows_to_test(model, [column_name]) }} as tested
    where {{ column_name }} is not null
    group by {{ column_name }}
    having count(*) > 1
{% endtest %}
