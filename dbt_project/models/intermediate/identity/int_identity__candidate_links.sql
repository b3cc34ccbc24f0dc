-- Every two records that share an identifying value or a description that fits one person only, and
-- whether that may make them one person. Guards: never two member ids, organisations or birth dates, and
-- first names (of companies: company names) that can be the same.
{{ config(
    unique_key=['left_record_id', 'right_record_id', 'identifier_kind'],
    meta={
        'carried_by': ['identifier_kind', 'link_value'],
        'compared': ['link_value', 'are_names_swapped', 'refused_by'],
    },
) }}
{% set records, evidence = ref('int_identity__records'), ref('int_identity__evidence') %}
{% set described, identifiers = ref('int_identity__descriptions'), ref('int_identity__identifiers') %}
{% set since = carried_from([records, evidence, described, identifiers]) %}
{%- set exclusive = var('identity_exclusive') %}
{%- set descriptions = var('identity_descriptions') %}
{%- set by_value_alone = descriptions.items() | selectattr('1.guard', 'in', ['none', 'company_form', 'birth_date']) | map('first') | list %}
{%- set by_company_form = descriptions.items() | selectattr('1.guard', 'eq', 'company_form') | map('first') | list %}
{%- set by_birth_date = descriptions.items() | selectattr('1.guard', 'eq', 'birth_date') | map('first') | list %}
{%- set by_first_name = descriptions.items() | selectattr('1.guard', 'eq', 'first_name') | map('first') | list %}
{%- set by_either_name = descriptions.items() | selectattr('1.guard', 'eq', 'either_name') | map('first') | list %}
{%- if since %}
    with
        changed as (
            select record_id
            from {{ affected_keys(records) }}
            union
            select record_id
            from {{ affected_keys(evidence) }}
        )
    -- What they are known by, and what they were known by.
    select identifier_kind, link_value
    from {{ evidence }}
    semi join changed using (record_id)
    union all
    select identifier_kind, link_value
    from {{ described }}
    semi join changed using (record_id)
    union all
    -- Also where nobody was joined: what one record less describes may not be too many any more.
    select identifier_kind, previous_link_value
    from {{ affected_keys(described) }}
    union all
    -- Orders that another order of their guest speaks for bring nothing forward.
    select identifier_kind, link_value
    from {{ identifiers }}
    semi join changed using (record_id)
    where source = 'webshop_order'
    union all
    select identifier_kind, link_value
    from {{ this }}
    where
        left_record_id in (select record_id from changed)
        or right_record_id in (select record_id from changed)
    union all
    select 'decision', coalesce(verdict, '')
    from {{ ref('identity_decisions') }} {{ carried_mark() }}
{%- endif %}
with
    records as (select * from {{ records }}),
    -- Of two verdicts on one pair the careful one counts: refuse.
    decisions as (
        select
            least(left_record_id, right_record_id) as left_record_id,
            greatest(left_record_id, right_record_id) as right_record_id,
            max(verdict) as verdict
        from {{ ref('identity_decisions') }}
        where left_record_id <> right_record_id
        group by 1, 2
    ),
    own_names as (
        select distinct {{ name_key('value') }} as name
        from {{ ref('identity_normal_forms') }}
        where kind = 'own_name'
    ),
    claims as (
        select record_id, identifier_kind, link_value, is_ambiguous, first_name_key
        from {{ evidence }} {{ only_affected(since, 'identifier_kind, link_value') }}
        union all
        select
            described.record_id,
            described.identifier_kind,
            described.link_value,
            false,
            records.first_name_key
        from
            (
                select *
                from {{ described }} {{ only_affected(since, 'identifier_kind, link_value') }}
                qualify
                    count(*) over (partition by identifier_kind, link_value)
                    <= {{ var('identity_max_records_per_value') }}
            ) as described
        join records using (record_id)
    ),
    speaking as (
        select
            claims.*,
            records.last_name_key,
            records.postal_key,
            records.street_key,
            records.house_key,
            records.member_id,
            records.birth_date,
            records.organisation_number,
            records.company_key,
            -- Of the record itself: what a company's record shares with a colleague is not its name.
            records.first_name_key as own_first_name_key,
            {{ company_form('records.company_name') }} as company_form,
            own_names.name is not null as is_own_name
        from claims
        join records using (record_id)
        left join own_names on own_names.name = claims.first_name_key
    ),
    pairs as (
        select
            left_side.record_id as left_record_id,
            right_side.record_id as right_record_id,
            left_side.identifier_kind,
            left_side.link_value,
            case
                when left_side.first_name_key = right_side.first_name_key
                then false
                when left_side.identifier_kind in ('{{ descriptions | join("', '") }}')
                then {{ names_are_swapped('left_side', 'right_side', names_resemble) }}
                else {{ names_are_swapped('left_side', 'right_side', words_are_equal) }}
            end as are_names_swapped,
            case
                when left_side.identifier_kind in ('member_id', 'organisation_number')
                then null
                {%- for attribute in exclusive %}
                    when {{ are_exclusive(attribute, 'left_side', 'right_side') }} then '{{ attribute }}'
                {%- endfor %}
                when
                    left_side.identifier_kind in ('{{ by_birth_date | join("', '") }}')
                    and {{ birth_dates_contradict('left_side.birth_date', 'right_side.birth_date') }}
                    and {{ edit_distance(
                        'cast(left_side.birth_date as varchar)', 'cast(right_side.birth_date as varchar)'
                    ) }} > 1
                then 'birth_date'
                when left_side.company_key <> right_side.company_key
                then 'company_name'
                when
                    left_side.identifier_kind = 'phone'
                    and (
                        {{ is_company_of_a_colleague('left_side', 'right_side') }}
                        or {{ is_company_of_a_colleague('right_side', 'left_side') }}
                    )
                then 'company_name'
                when
                    left_side.identifier_kind in ('{{ by_company_form | join("', '") }}')
                    and left_side.company_form <> right_side.company_form
                then 'company_name'
                when
                    left_side.identifier_kind in ('{{ by_value_alone | join("', '") }}')
                    or left_side.company_key = right_side.company_key
                then null
                when left_side.identifier_kind in ('{{ by_either_name | join("', '") }}')
                then
                    case
                        when
                            not {{ names_resemble('left_side.first_name_key', 'right_side.first_name_key') }}
                            and
                            not {{ names_resemble('left_side.last_name_key', 'right_side.last_name_key') }}
                            and
                            not {{ names_resemble('left_side.first_name_key', 'right_side.last_name_key') }}
                            and
                            not {{ names_resemble('left_side.last_name_key', 'right_side.first_name_key') }}
                        then 'first_name'
                    end
                when
                    not {{ names_agree('left_side.first_name_key', 'right_side.first_name_key') }}
                    and not coalesce(
                        left_side.birth_date = right_side.birth_date
                        and {{ names_resemble('left_side.first_name_key', 'right_side.first_name_key') }}
                        and not (left_side.is_own_name and right_side.is_own_name),
                        false
                    )
                    and not coalesce(are_names_swapped, false)
                then 'first_name'
                when
                    left_side.identifier_kind in ('{{ by_first_name | join("', '") }}')
                    and not {{ names_resemble('left_side.last_name_key', 'right_side.last_name_key') }}
                    and not coalesce(are_names_swapped, false)
                    and left_side.house_key <> right_side.house_key
                    and (
                        left_side.postal_key <> right_side.postal_key
                        or left_side.street_key <> right_side.street_key
                    )
                then 'last_name_and_address'
                when
                    left_side.is_ambiguous <> right_side.is_ambiguous
                    and coalesce(left_side.first_name_key, right_side.first_name_key) is not null
                then 'ambiguous_name'
            end as refused_by
        from speaking as left_side
        join speaking as right_side using (identifier_kind, link_value)
        where left_side.record_id < right_side.record_id
    ),
    -- The other orders of a guest hang on the first, which stood for all of them above.
    identifiers as (
        select *
        from {{ identifiers }}
        {% if since -%}
            -- All that a guest left: what of it is affected says who it may be.
            where
                source = 'webshop_order'
                and record_id in (
                    select record_id
                    from {{ identifiers }} {{ only_affected(since, 'identifier_kind, link_value') }}
                )
        {%- endif %}
    ),
    guests as ({{ guests('identifiers') | indent(8) }}),
    decided as (
        select
            decisions.left_record_id,
            decisions.right_record_id,
            coalesce(decisions.verdict, '') as verdict,
            case
                when decisions.verdict = 'refuse'
                then 'decision'
                {%- for attribute in exclusive %}
                    when {{ are_exclusive(attribute, 'left_side', 'right_side') }} then '{{ attribute }}'
                {%- endfor %}
            end as refused_by
        from decisions
        join records as left_side on left_side.record_id = decisions.left_record_id
        join records as right_side on right_side.record_id = decisions.right_record_id
    ),
    links as (
        select
            pairs.left_record_id,
            pairs.right_record_id,
            pairs.identifier_kind,
            pairs.link_value,
            coalesce(pairs.are_names_swapped, false) as are_names_swapped,
            case when decisions.verdict = 'refuse' then 'decision' else pairs.refused_by end as refused_by
        from pairs
        left join decisions using (left_record_id, right_record_id)
        union all
        select
            least(representative_id, record_id),
            greatest(representative_id, record_id),
            case when mailbox is not null then 'email' else 'phone' end,
            coalesce(mailbox, phone),
            false,
            null
        from guests
        where record_id <> representative_id
        union all
        select left_record_id, right_record_id, 'decision', verdict, false, refused_by
        from decided
    ),
    final as (select * from links {{ only_affected(since, 'identifier_kind, link_value') }})
select *
from final
