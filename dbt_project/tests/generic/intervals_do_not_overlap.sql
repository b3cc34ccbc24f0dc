{#- Half-open intervals [valid_from, valid_to) of one key never overlap; an open end is null; none is empty. -#}
{% test intervals_do_not_overlap(model, partition_by, valid_from='valid_from', valid_to='valid_to') %}
    with
        ordered as (
            select
                *,
                lead({{ valid_from }}) over (
                    partition by {{ partition_by | join(', ') }} order by {{ valid_from }}
                ) as next_from
            from {{ rows_to_test(model, partition_by) }} as tested
        )

    select *
    from ordered
    where
        {{ valid_to }} <= {{ valid_from }}
        or (next_from is not null and ({{ valid_to }} is null or {{ valid_to }} > next_from))
{% endtest %}
