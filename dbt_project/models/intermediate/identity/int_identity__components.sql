-- Records joined by links that no guard refused. A component is not a person yet: a chain of harmless links
-- may still
-- tie two members together (int_identity__links cuts those).
with
    records as (select * from {{ ref('int_identity__records') }}),
    accepted as (
        select left_record.node_id as left_id, right_record.node_id as right_id
        from {{ ref('int_identity__candidate_links') }} as links
        join records as left_record on left_record.record_id = links.left_record_id
        join records as right_record on right_record.record_id = links.right_record_id
        where links.refused_by is null
    ),
    components as ({{ connected_components('records', 'accepted') }}),
    -- People with the same member id are one, so their birth date is the one believed most, for the guard
    -- below.
    members as (
        select member_id, arg_min(birth_date, trust_rank) as birth_date
        from records
        where member_id is not null and birth_date is not null
        group by member_id
    ),
    believed as (
        select
            records.record_id,
            records.node_id,
            components.component_id,
            records.member_id,
            coalesce(members.birth_date, records.birth_date) as birth_date
        from records
        join components using (node_id)
        left join members using (member_id)
    ),
    final as (
        select
            *,
            min(member_id) over same_component <> max(member_id) over same_component
            or min(birth_date) over same_component <> max(birth_date) over same_component as is_contested
        from believed
        window same_component as (partition by component_id)
    )
select * exclude (is_contested), coalesce(is_contested, false) as is_contested
from final
