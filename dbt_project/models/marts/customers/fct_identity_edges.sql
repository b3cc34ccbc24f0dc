-- Why two source records are one person, or why they are not although they share something. A value is
-- shown only as far as it takes to recognise it, and not at all once one of the two is erased;
-- dim_customer_identifiers has it whole.
{{ config(unique_key=['left_record_id', 'right_record_id', 'identifier_kind']) }}
{% set links, persons, erased = ref('int_identity__links'), ref('int_identity__persons'), ref('int_customers__erased') %}
{% set since = carried_from([links, persons, erased]) %}
{%- if since %}
    with
        moved as (
            select record_id
            from {{ affected_keys(persons) }}
            union all
            select record_id
            from {{ persons }}
            semi join {{ affected_keys(erased) }} using (customer_id)
        )
    select left_record_id, right_record_id, identifier_kind
    from {{ affected_keys(links) }}
    union all
    select left_record_id, right_record_id, identifier_kind
    from {{ links }}
    where
        left_record_id in (select record_id from moved)
        or right_record_id in (select record_id from moved) {{ carried_mark() }}
{%- endif %}
with
    links as (
        select *
        from {{ links }} {{ only_affected(since, 'left_record_id, right_record_id, identifier_kind') }}
    ),
    persons as (select * from {{ persons }}),
    erased as (select customer_id from {{ erased }}),
    final as (
        select
            links.left_record_id,
            links.right_record_id,
            links.identifier_kind,
            case
                when left_erased.customer_id is null and right_erased.customer_id is null
                then {{ value_hint('links.link_value', 'links.identifier_kind') }}
            end as value_hint,
            links.refused_by is null as is_linked,
            links.refused_by,
            left_person.customer_id as left_customer_id,
            right_person.customer_id as right_customer_id
        from links
        join persons as left_person on left_person.record_id = links.left_record_id
        join persons as right_person on right_person.record_id = links.right_record_id
        left join erased as left_erased on left_erased.customer_id = left_person.customer_id
        left join erased as right_erased on right_erased.customer_id = right_person.customer_id
    )
select *
from final
