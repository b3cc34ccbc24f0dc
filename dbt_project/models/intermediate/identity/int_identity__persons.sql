-- Which person every source record belongs to. The id is founded on the record that was delivered first,
-- so it can be computed from the records alone, on any day, in any order of replay; a merge keeps the
-- older id.
{{ config(unique_key='record_id', meta={'compared': ['customer_id']}) }}
{% set all_components, all_links = ref('int_identity__components'), ref('int_identity__links') %}
{% set since = carried_from([all_components, all_links]) %}
{%- if since %} select record_id from {{ affected_keys(all_components) }} {{ carried_mark() }} {%- endif %}
with
    components as (select * from {{ all_components }} {{ only_affected(since, 'record_id') }}),
    contested as (
        select record_id, row_number() over (order by record_id) as node_id from components where is_contested
    ),
    kept as (
        select left_record.node_id as left_id, right_record.node_id as right_id
        from {{ all_links }} as links
        join contested as left_record on left_record.record_id = links.left_record_id
        join contested as right_record on right_record.record_id = links.right_record_id
        where links.refused_by is null
    ),
    settled as ({{ connected_components('contested', 'kept') }}),
    -- Settled groups are named by their smallest record, which lies in them alone; so the two kinds never
    -- collide.
    groups as (
        select record_id, component_id
        from components
        where not is_contested
        union all
        select contested.record_id, smallest.record_id
        from settled
        join contested on contested.node_id = settled.node_id
        join contested as smallest on smallest.node_id = settled.component_id
    ),
    grouped as (
        select components.record_id, components.first_received_on, components.trust_rank, groups.component_id
        from groups
        join components using (record_id)
    ),
    founders as (
        select
            component_id, arg_min(record_id, (first_received_on, trust_rank, record_id)) as founder_record_id
        from grouped
        group by component_id
    ),
    customers as (
        select component_id, founder_record_id, {{ customer_id_of('founder_record_id') }} as customer_id
        from founders
    ),
    final as (
        select grouped.record_id, customers.customer_id, customers.founder_record_id
        from grouped
        join customers using (component_id)
    )
select *
from final
