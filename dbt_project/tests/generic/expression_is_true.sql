{#-
  `expression` holds for every row; a null counts as broken, so that a missing value cannot hide a mistake.
  As a column test the column's name is put before the expression (`expression: ">= 0"`).
-#}
{% test expression_is_true(model, expression, column_name=none, where_clause=none) %}
    select *
    from {{ model }}
    where
        coalesce(({{ column_name if column_name is not none }} {{ expression }}), false) is false
        {% if where_clause is not none %} and ({{ where_clause }}){% endif %}
{% endtest %}
