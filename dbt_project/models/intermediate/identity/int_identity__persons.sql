-- Which person every source record belongs to. The id is founded on the record that was delivered first,
-- so it can be computed from the records alone, on any day, in any order of replay; a merge keeps the
-- older id.
{{ config(unique_key='record_id', meta={'compared': ['customer_id']}) }}
with
    components as (select * from {{ ref('int_identity__components') }}),
    contested as (select * from components where is_contested),
    kept as (
        select left_record.node_id as left_id, right_record.node_id as right_id
        from {{ ref('int_identity__links') }} as links
        join contested as left_record on left_record.record_id = links.left_record_id
        join contested as right_record on right_record.record_id = links.right_record_id
        where links.refused_by is null
    ),
    settled as ({{ connected_components('contested', 'kept') }}),
    -- Settled groups are named by their smallest node, which lies in them alone; so the two kinds never
    -- collide.
    groups as (
        select node_id, component_id
        from components
        where not is_contested
        union all
        select node_id, component_id
        from settled
    ),
    grouped as (
        select components.record_id, components.first_received_on, components.trust_rank, groups.component_id
        from groups
        join components using (node_id)
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
