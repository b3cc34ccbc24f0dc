-- Which values identify which records, and which values identify nobody: placeholders by pattern, and
-- values that more records share than one person can have (a shop's phone, a colleague's address typed
-- for everybody).
{% set earlier = as_it_stands('patterns_version') %}
with
    records as (select * from {{ ref('int_identity__records') }}),
    placeholders as (select * from {{ ref('placeholder_identifiers') }}),
    identifiers as (
        select
            record_id,
            source,
            'email' as identifier_kind,
            email as identifier_value,
            mailbox as link_value,
            first_received_on,
            updated_at
        from records
        where email is not null
        union all
        select record_id, source, 'phone', phone, phone, first_received_on, updated_at
        from records
        where phone is not null
        union all
        select record_id, source, 'member_id', member_id, member_id, first_received_on, updated_at
        from records
        where member_id is not null
        union all
        select
            record_id,
            source,
            'organisation_number',
            organisation_number,
            organisation_number,
            first_received_on,
            updated_at
        from records
        where organisation_number is not null
    ),
    -- A pattern that comes from a table is compiled anew for every value, so a value is held against the same
    -- patterns only once, and its answer read from the table as the last run left it.
    patterns as (
        select md5(string_agg(identifier_kind || pattern || reason, chr(31) order by all)) as patterns_version
        from placeholders
    ),
    distinct_values as (select distinct identifier_kind, identifier_value from identifiers),
    compared_before as (
        {% if earlier -%}
            select distinct identifier_kind, identifier_value, placeholder_reason
            from {{ earlier }}
            semi join patterns using (patterns_version)
        {%- else -%}
            select identifier_kind, identifier_value, cast(null as varchar) as placeholder_reason
            from distinct_values
            where false
        {%- endif %}
    ),
    compared_now as (
        select
            new_values.identifier_kind,
            new_values.identifier_value,
            min(placeholders.reason) as placeholder_reason
        from
            (
                select *
                from distinct_values
                anti join compared_before using (identifier_kind, identifier_value)
            ) as new_values
        left join
            placeholders
            on placeholders.identifier_kind = new_values.identifier_kind
            and regexp_matches(new_values.identifier_value, placeholders.pattern)
        group by new_values.identifier_kind, new_values.identifier_value
    ),
    compared as (
        select *
        from compared_before
        union all
        select *
        from compared_now
    ),
    explained as (
        select identifiers.*, compared.placeholder_reason
        from identifiers
        left join compared using (identifier_kind, identifier_value)
    ),
    -- Guest orders do not count: a faithful guest has many of them under one address.
    counted as (
        select
            identifier_kind,
            link_value,
            count(*) filter (where source <> 'webshop_order') as n_records,
            max(placeholder_reason) is not null as is_placeholder
        from explained
        group by identifier_kind, link_value
    ),
    judged as (
        select
            counted.identifier_kind,
            counted.link_value,
            counted.n_records,
            case
                when counted.is_placeholder
                then 'placeholder'
                when counted.n_records > {{ var('identity_max_records_per_value') }}
                then 'shared'
            end as block_reason
        from counted
    ),
    final as (
        select
            explained.record_id,
            explained.identifier_kind,
            explained.identifier_value,
            explained.link_value,
            explained.source,
            explained.first_received_on,
            explained.updated_at,
            judged.n_records,
            judged.block_reason,
            judged.block_reason is not null as is_blocked,
            explained.placeholder_reason,
            patterns.patterns_version
        from explained
        cross join patterns
        join judged using (identifier_kind, link_value)
    )
select *
from final
