{#-
  The model has as many rows as the sum of the others: what came in is what is kept plus what was put aside.
  `compare_models` is a list of refs; `model_filter` / `compare_filter` narrow either side.
-#}
{% test equal_row_count(model, compare_models, model_filter='true', compare_filter='true') %}
    with
        counts as (
            select
                (select count(*) from {{ model }} where {{ model_filter }}) as n_here,
                (
                    {%- for other in compare_models %}
                        (
                            select count(*) from {{ other }} where {{ compare_filter }}
                        ) {{ '+' if not loop.last }}
                    {%- endfor %}
                ) as n_there
        )

    select *
    from counts
    where n_here <> n_there
{% endtest %}
