-- Which person every source record belongs to. The id is founded on the record that was delivered first,
-- so it can be computed from the records alone, on any day, in any order of replay; a merge keeps the
-- older id.
{{ config(unique_key='record_id', meta={'compared': ['customer_id']}) }}
with
    components as (select * from {{ ref('int_identity__components') }}),
    records as (select * from {{ ref('int_identity__records') }}),
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
    founders as (
        select
            groups.component_id,
            arg_min(
                records.record_id, (records.first_received_on, records.trust_rank, records.record_id)
            ) as founder_record_id
        from groups
        join records using (node_id)
        group by groups.component_id
    ),
    final as (
        select
            records.record_id,
            {{ customer_id_of('founders.founder_record_id') }} as customer_id,
            founders.founder_record_id
        from groups
        join records using (node_id)
        join founders using (component_id)
    )
select *
from final
