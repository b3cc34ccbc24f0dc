-- Which values identify which records, and which values identify nobody: placeholders by pattern, and
-- values that more records share than one person can have (a shop's phone, a colleague's address typed
-- for everybody).
{{ config(
    unique_key=['record_id', 'identifier_kind'],
    meta={
        'carried_by': ['identifier_kind', 'link_value'],
        'compared': ['identifier_value', 'is_blocked'],
    },
) }}
{% set records = ref('int_identity__records') %}
{% set since = carried_from([records]) %}
{#- Kind → the value as it is known by, and as two values are compared. -#}
{% set kinds = {
    'email': ['email', 'mailbox'],
    'phone': ['phone', 'phone'],
    'member_id': ['member_id', 'member_id'],
    'organisation_number': ['organisation_number', 'organisation_number'],
} %}
{%- if since %}
    select identifier_kind, link_value
    from {{ this }}
    semi join {{ affected_keys(records) }} using (record_id)
    {%- for kind, (known_as, compared_as) in kinds.items() %}
        union all
        select '{{ kind }}', {{ compared_as }}
        from {{ records }}
        semi join {{ affected_keys(records) }} using (record_id)
        where {{ known_as }} is not null
        {%- endfor %} {{ carried_mark() }}
{%- endif %}
with
    placeholders as (select * from {{ ref('placeholder_identifiers') }}),
    delivered as (
        {%- for kind, (known_as, compared_as) in kinds.items() %}
            {{ 'union all' if not loop.first }}
            select
                record_id,
                source,
                '{{ kind }}' as identifier_kind,
                {{ known_as }} as identifier_value,
                {{ compared_as }} as link_value,
                first_received_on,
                updated_at
            from {{ records }}
            where {{ known_as }} is not null
        {%- endfor %}
    ),
    identifiers as (select * from delivered {{ only_affected(since, 'identifier_kind, link_value') }}),
    -- Each value once, whoever has it.
    distinct_values as (select distinct identifier_kind, identifier_value from identifiers),
    compared as (
        select
            distinct_values.identifier_kind, identifier_value, min(placeholders.reason) as placeholder_reason
        from distinct_values
        join placeholders using (identifier_kind)
        where {{ fits_pattern('identifier_value', 'placeholders.pattern') }}
        group by distinct_values.identifier_kind, identifier_value
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
            explained.placeholder_reason
        from explained
        join judged using (identifier_kind, link_value)
    )
select *
from final
