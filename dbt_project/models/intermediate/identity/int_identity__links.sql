-- The verdict on every candidate link. Inside a contested component each record that does not say which
-- member (birth date, name …) it belongs to follows its nearest neighbour that does, and links between
-- followers of different ones are refused. So no person ever has two. One that is as near to a father as
-- to the son of his name is nobody's, and so is a company without a legal form between two of its name.
{{ config(
    unique_key=['left_record_id', 'right_record_id', 'identifier_kind'],
    meta={'carried_by': ['left_record_id'], 'compared': ['link_value', 'refused_by']},
) }}
{% set all_candidates, components = ref('int_identity__candidate_links'), ref('int_identity__components') %}
{% set since = carried_from([all_candidates, components]) %}
{%- set exclusive = exclusive_keys() %}
{%- set attributes = exclusive.keys() | list + ['first_name_key', 'company_form', 'refused_with'] %}
{%- set rounds = 3 %}
{#- Two members may be one person who joined twice, so that either is right; two of these never are. -#}
{%- set told_apart_for_sure = exclusive.keys() | reject('eq', 'member_id') | list + ['company_form'] %}
{%- set by_company_form = var('identity_descriptions').items() | selectattr('1.guard', 'eq', 'company_form') | map('first') | list %}
{%- set not_by_first_name = ['member_id', 'organisation_number', 'decision'] + (
    var('identity_descriptions').items() | rejectattr('1.guard', 'eq', 'first_name') | map('first') | list
) %}
{%- if since %}
    -- Both ends of every link that changed are among them, with all who are of their components.
    select record_id as left_record_id from {{ affected_keys(components) }} {{ carried_mark() }}
{%- endif %}
with
    candidates as (select * from {{ all_candidates }} {{ only_affected(since, 'left_record_id') }}),
    contested as (
        select * from {{ affected_rows(components, 'record_id', since, 'left_record_id') }} where is_contested
    ),
    neighbours as (
        select left_record_id as record_id, right_record_id as neighbour_id, identifier_kind
        from candidates
        where refused_by is null and left_record_id in (select record_id from contested)
        union all
        select right_record_id, left_record_id, identifier_kind
        from candidates
        where refused_by is null and right_record_id in (select record_id from contested)
    ),
    labels_0 as (
        {%- for attribute in attributes %}
            {{ 'union all' if not loop.first }}
            select record_id, '{{ attribute }}' as attribute, cast({{ attribute }} as varchar) as label
            from contested
            where {{ attribute }} is not null
        {%- endfor %}
    ),
    {%- for round in range(1, rounds + 1) %}
        offered_{{ round }} as (
            select
                neighbours.record_id,
                labelled.attribute,
                labelled.label,
                neighbours.neighbour_id,
                case
                    neighbours.identifier_kind when 'member_id' then 1 when 'email' then 2 else 3
                end as distance
            from neighbours
            join labels_{{ round - 1 }} as labelled on labelled.record_id = neighbours.neighbour_id
            anti join
                labels_{{ round - 1 }} as known
                on known.record_id = neighbours.record_id
                and known.attribute = labelled.attribute
        ),
        labels_{{ round }} as (
            select record_id, attribute, label
            from labels_{{ round - 1 }}
            union all
            select
                record_id,
                attribute,
                case
                    when
                        attribute in ('{{ told_apart_for_sure | join("', '") }}')
                        and arg_min(label, (distance, label)) <> arg_max(label, (- distance, label))
                    then 'between ' || record_id
                    else arg_min(label, (distance, neighbour_id))
                end as label
            from offered_{{ round }}
            group by record_id, attribute
        ),
    {%- endfor %}
    followers as (
        select
            contested.record_id,
            {%- for attribute in attributes %}
                max(label) filter (where attribute = '{{ attribute }}') as {{ attribute }},
            {%- endfor %}
            true as is_contested
        from contested
        left join labels_{{ rounds }} as labels using (record_id)
        group by contested.record_id
    ),
    final as (
        select
            candidates.left_record_id,
            candidates.right_record_id,
            candidates.identifier_kind,
            candidates.link_value,
            case
                when candidates.refused_by is not null
                then candidates.refused_by
                {%- for attribute, guard in exclusive.items() %}
                    when left_side.{{ attribute }} is distinct from right_side.{{ attribute }}
                    then '{{ guard }}_of_another_link'
                {%- endfor %}
                when left_side.refused_with is distinct from right_side.refused_with
                then 'decision_of_another_link'
                when
                    candidates.identifier_kind in ('{{ by_company_form | join("', '") }}')
                    and left_side.company_form <> right_side.company_form
                then 'company_form_of_another_link'
                when
                    candidates.identifier_kind in ('{{ not_by_first_name | join("', '") }}')
                    or candidates.are_names_swapped
                then null
                when
                    left_side.first_name_key is distinct from right_side.first_name_key
                    and not coalesce(
                        {{ names_resemble('left_side.first_name_key', 'right_side.first_name_key') }}, false
                    )
                then 'first_name_of_another_link'
            end as refused_by
        from candidates
        left join followers as left_side on left_side.record_id = candidates.left_record_id
        left join followers as right_side on right_side.record_id = candidates.right_record_id
    )
select *
from final
