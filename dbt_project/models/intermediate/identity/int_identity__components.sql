-- Records joined by links that no guard refused. A component is not a person yet: a chain of harmless
-- links may still tie two members, two names, or a pair that a person has told apart together
-- (int_identity__links cuts those).
-- A changed record or link reaches the components that it is in today and those that it was in, with all
-- their members: no other link leads out of them.
{{ config(unique_key='record_id') }}
{% set all_records, all_links = ref('int_identity__records'), ref('int_identity__candidate_links') %}
{% set since = carried_from([all_records, all_links]) %}
{%- set exclusive = exclusive_keys() %}
{%- set are_names_apart = 'not ' ~ names_resemble(
    'min(first_name_key) over same_component', 'max(first_name_key) over same_component'
) %}
{%- if since %}
    with
        changed as (
            select record_id
            from {{ affected_keys(all_records) }}
            union
            select left_record_id
            from {{ affected_keys(all_links) }}
            union
            select right_record_id
            from {{ affected_keys(all_links) }}
        ),
        -- What a member's records say counts for all of them.
        members as (
            select member_id
            from {{ this }}
            semi join changed using (record_id)
            union
            select member_id
            from {{ all_records }}
            semi join changed using (record_id)
        ),
        touched as (
            select record_id
            from changed
            union
            select record_id
            from {{ all_records }}
            semi join members using (member_id)
        )
    select record_id
    from touched
    union all
    select record_id
    from {{ this }}
    where
        component_id in (select component_id from {{ this }} semi join touched using (record_id))
        {{ carried_mark() }}
{%- endif %}
with
    records as (select * from {{ all_records }} {{ only_affected(since, 'record_id') }}),
    links as (
        select *
        from {{ affected_rows(all_links, 'left_record_id', since, 'record_id') }}
        where refused_by is null
    ),
    -- Numbers of the records within this run: a graph of integers is walked much faster.
    nodes as materialized(select record_id, row_number() over (order by record_id) as node_id from records),
    accepted as (
        select left_node.node_id as left_id, right_node.node_id as right_id
        from links
        join nodes as left_node on left_node.record_id = links.left_record_id
        join nodes as right_node on right_node.record_id = links.right_record_id
    ),
    components as ({{ connected_components('nodes', 'accepted') }}),
    -- People with the same member id are one: of what their records say the most trusted counts for the
    -- guard below.
    members as (
        select
            member_id,
            arg_min(birth_date, (trust_rank, record_id)) as birth_date,
            arg_min(organisation_number, (trust_rank, record_id)) as organisation_number,
            arg_min(first_name_key, (trust_rank, record_id)) filter (
                where length(first_name_key) > 1
            ) as first_name_key
        from records
        where member_id is not null
        group by member_id
    ),
    -- Records of one organisation are one company, whichever form they say.
    organisations as (
        select
            components.component_id,
            records.organisation_number,
            arg_min(
                {{ company_form('records.company_name') }}, (records.trust_rank, records.record_id)
            ) as company_form
        from records
        join nodes using (record_id)
        join components on components.node_id = nodes.node_id
        where records.organisation_number is not null
        group by components.component_id, records.organisation_number
    ),
    -- Opponents rather than a verdict: two records that were told apart never have the same ones.
    told_apart as (
        select record_id, string_agg(distinct opponent_id, ' ' order by opponent_id) as refused_with
        from
            (
                select left_record_id as record_id, right_record_id as opponent_id
                from {{ ref('identity_decisions') }}
                where verdict = 'refuse'
                union all
                select right_record_id, left_record_id
                from {{ ref('identity_decisions') }}
                where verdict = 'refuse'
            ) as refusals
        group by record_id
    ),
    believed as (
        select
            records.record_id,
            components.component_id as smallest_node_id,
            records.trust_rank,
            records.first_received_on,
            records.member_id,
            coalesce(members.birth_date, records.birth_date) as birth_date,
            extract(year from coalesce(members.birth_date, records.birth_date)) as birth_year,
            {{ birth_day('coalesce(members.birth_date, records.birth_date)') }} as birth_day,
            coalesce(members.organisation_number, records.organisation_number) as organisation_number,
            case
                when records.company_key is null and length(records.first_name_key) > 1
                then coalesce(members.first_name_key, records.first_name_key)
            end as first_name_key,
            records.company_key is not null as is_company,
            coalesce(organisations.company_form, {{ company_form('records.company_name') }}) as company_form,
            told_apart.refused_with
        from records
        join nodes using (record_id)
        join components on components.node_id = nodes.node_id
        left join members using (member_id)
        left join
            organisations
            on organisations.component_id = components.component_id
            and organisations.organisation_number = records.organisation_number
        left join told_apart using (record_id)
    ),
    judged as (
        select
            believed.* replace(
                -- Among several people a company is none of them, whoever of them ordered for it.
                case
                    when is_company and {{ are_names_apart }} then 'a company' else first_name_key
                end as first_name_key
                {%- for part in ['birth_year', 'birth_day'] -%}
                    ,
                    case
                        when is_company and {{ says_two_things(part, 'same_component') }}
                        then 0
                        else {{ part }}
                    end as {{ part }}
                {%- endfor %}
            ),
            coalesce(
                {%- for attribute in exclusive %}
                    {{ says_two_things(attribute, 'same_component') }} or
                {%- endfor %}
                {{ are_names_apart }}
                or {{ says_two_things('company_form', 'same_component') }}
                or count(refused_with) over same_component > 1,
                false
            ) as is_contested
        from believed
        window same_component as (partition by smallest_node_id)
    ),
    final as (
        select judged.* exclude (smallest_node_id, is_company), nodes.record_id as component_id
        from judged
        join nodes on nodes.node_id = judged.smallest_node_id
    )
select *
from final
