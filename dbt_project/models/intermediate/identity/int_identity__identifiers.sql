-- Which values identify which records, and which values identify nobody: placeholders by pattern, and
-- values that more records share than one person can have (a shop's phone, a colleague's address typed
-- for everybody).
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
    -- Guest orders do not count: a faithful guest has many of them under one address.
    counted as (
        select identifier_kind, link_value, count(*) filter (where source <> 'webshop_order') as n_records
        from identifiers
        group by identifier_kind, link_value
    ),
    patterns as (
        select identifiers.identifier_kind, identifiers.link_value, min(placeholders.reason) as reason
        from (select distinct identifier_kind, link_value, identifier_value from identifiers) as identifiers
        join
            placeholders
            on placeholders.identifier_kind = identifiers.identifier_kind
            and regexp_matches(identifiers.identifier_value, placeholders.pattern)
        group by identifiers.identifier_kind, identifiers.link_value
    ),
    judged as (
        select
            counted.identifier_kind,
            counted.link_value,
            counted.n_records,
            case
                when patterns.reason is not null
                then 'placeholder'
                when counted.n_records > {{ var('identity_max_records_per_value') }}
                then 'shared'
            end as block_reason
        from counted
        left join patterns using (identifier_kind, link_value)
    ),
    final as (
        select
            identifiers.record_id,
            identifiers.identifier_kind,
            identifiers.identifier_value,
            identifiers.link_value,
            identifiers.source,
            identifiers.first_received_on,
            identifiers.updated_at,
            judged.n_records,
            judged.block_reason,
            judged.block_reason is not null as is_blocked
        from identifiers
        join judged using (identifier_kind, link_value)
    )
select *
from final
