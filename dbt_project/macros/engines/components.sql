{#-
  Connected components: one row (node_id, component_id) per node, component_id the smallest node of its component.
  `nodes` is a relation or CTE with an integer node_id, `edges` one with integer left_id, right_id (any direction,
  repeated, or from a node to itself). The result is exact for components of any diameter.
-#}
{% macro connected_components(nodes, edges) -%}
    {{ return(adapter.dispatch('connected_components')(nodes, edges)) }}
{%- endmacro %}

{#-
  Every node carries a label that only ever falls. A node whose label fell tells its neighbours, the neighbours'
  current labels (so whole trees are hooked at once), and the nodes that carry it as a label; and it reads on from
  its own new label. The last two are pointer jumping: long chains end after a logarithmic number of rounds. The
  recursion stops when no label can fall any more, which is the proof of the result.
-#}
{% macro default__connected_components(nodes, edges) -%}
    with recursive
        -- Each pair once, whatever number of values links it: the recursion walks over every edge again and again.
        neighbours as materialized (
            select left_id as from_id, right_id as to_id from {{ edges }} where left_id <> right_id
            union
            select right_id as from_id, left_id as to_id from {{ edges }} where left_id <> right_id
        ),
        labels (node_id, component_id) using key (node_id) as (
            select from_id, least(from_id, min(to_id)) as component_id from neighbours group by from_id
            union
            select proposal.node_id, min(proposal.component_id) as component_id
            from (
                select neighbours.to_id as node_id, fell.component_id
                from labels as fell
                join neighbours on neighbours.from_id = fell.node_id
                union all
                select root.component_id as node_id, fell.component_id
                from labels as fell
                join neighbours on neighbours.from_id = fell.node_id
                join recurring.labels as root on root.node_id = neighbours.to_id
                union all
                select member.node_id, fell.component_id
                from labels as fell
                join recurring.labels as member on member.component_id = fell.node_id
                union all
                select fell.node_id, next_root.component_id
                from labels as fell
                join recurring.labels as next_root on next_root.node_id = fell.component_id
            ) as proposal
            join recurring.labels as current_label on current_label.node_id = proposal.node_id
            where proposal.component_id < current_label.component_id
            group by proposal.node_id
        )
    select nodes.node_id, coalesce(labels.component_id, nodes.node_id) as component_id
    from {{ nodes }} as nodes
    left join labels on labels.node_id = nodes.node_id
{%- endmacro %}
