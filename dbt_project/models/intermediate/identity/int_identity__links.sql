-- The verdict on every candidate link. Inside a component with two member ids or two birth dates, each
-- record without
-- one follows its nearest neighbour that has one (e-mail before phone), and links between followers of
-- different
-- members or birth dates are refused. So no person ever has two.
{%- set exclusive = ['member_id', 'birth_date'] %}
{%- set rounds = 3 %}
with
    candidates as (select * from {{ ref('int_identity__candidate_links') }}),
    contested as (select * from {{ ref('int_identity__components') }} where is_contested),
    neighbours as (
        select left_record_id as record_id, right_record_id as neighbour_id, identifier_kind
        from candidates
        where refused_by is null and left_record_id in (select record_id from contested)
        union all
        select right_record_id, left_record_id, identifier_kind
        from candidates
        where refused_by is null and right_record_id in (select record_id from contested)
    ),
    {%- for attribute in exclusive %}
        {{ attribute }}_0 as (
            select record_id, {{ attribute }} as label from contested where {{ attribute }} is not null
        ),
        {%- for round in range(1, rounds + 1) %}
            {{ attribute }}_{{ round }} as (
                select record_id, label
                from {{ attribute }}_{{ round - 1 }}
                union all
                select
                    neighbours.record_id,
                    arg_min(
                        labelled.label,
                        (
                            case
                                neighbours.identifier_kind when 'member_id' then 1 when 'email' then 2 else 3
                            end,
                            neighbours.neighbour_id
                        )
                    ) as label
                from neighbours
                join
                    {{ attribute }}_{{ round - 1 }} as labelled
                    on labelled.record_id = neighbours.neighbour_id
                where neighbours.record_id not in (select record_id from {{ attribute }}_{{ round - 1 }})
                group by neighbours.record_id
            ),
        {%- endfor %}
    {%- endfor %}
    followers as (
        select
            contested.record_id
            {%- for attribute in exclusive %}
                , {{ attribute }}_{{ rounds }}.label as {{ attribute }}
            {%- endfor %}
        from contested
        {%- for attribute in exclusive %}
            left join
                {{ attribute }}_{{ rounds }} on {{ attribute }}_{{ rounds }}.record_id = contested.record_id
        {%- endfor %}
    ),
    final as (
        select
            candidates.left_record_id,
            candidates.right_record_id,
            candidates.identifier_kind,
            candidates.identifier_value,
            case
                when candidates.refused_by is not null
                then candidates.refused_by
                {%- for attribute in exclusive %}
                    when left_side.{{ attribute }} is distinct from right_side.{{ attribute }}
                    then '{{ attribute }}_of_another_link'
                {%- endfor %}
            end as refused_by
        from candidates
        left join followers as left_side on left_side.record_id = candidates.left_record_id
        left join followers as right_side on right_side.record_id = candidates.right_record_id
    )
select *
from final
