-- Every two records that share an identifying value, and whether that may make them one person. Guards:
-- never two
-- member ids, never two birth dates, and first names that can be the same.
with
    records as (select * from {{ ref('int_identity__records') }}),
    identifiers as (select * from {{ ref('int_identity__identifiers') }} where not is_blocked),
    -- Orders of one guest under the same e-mail and phone hang on the first of them, which stands for all:
    -- a guest
    -- of a hundred orders is a hundred links, not five thousand.
    guest_contacts as (
        select
            record_id,
            first_received_on,
            max(identifier_value) filter (where identifier_kind = 'email') as email,
            max(identifier_value) filter (where identifier_kind = 'phone') as phone
        from identifiers
        where source = 'webshop_order'
        group by record_id, first_received_on
    ),
    guests as (
        select
            record_id,
            first_value(record_id) over (
                partition by email, phone order by first_received_on, record_id
            ) as representative_id,
            coalesce(email, phone) as identifier_value,
            case when email is not null then 'email' else 'phone' end as identifier_kind
        from guest_contacts
    ),
    named as (
        select
            identifiers.record_id,
            identifiers.identifier_kind,
            identifiers.identifier_value,
            records.trust_rank,
            records.first_received_on,
            records.first_name_key,
            records.member_id,
            records.birth_date
        from identifiers
        join records using (record_id)
        left join guests using (record_id)
        where guests.record_id is null or guests.record_id = guests.representative_id
    ),
    -- A record without a full first name speaks with the name that shares most with it. If two names share
    -- as much, it
    -- is not known whose it is, and it joins neither: it would make one person of a household that shares
    -- an address.
    offers as (
        select
            silent.record_id,
            speaking.first_name_key,
            count(distinct silent.identifier_kind)
            + 10
            * count(distinct silent.identifier_value) filter (
                where silent.identifier_kind = 'member_id'
            ) as weight
        from named as silent
        join named as speaking using (identifier_kind, identifier_value)
        where
            length(speaking.first_name_key) > 1
            and coalesce(length(silent.first_name_key), 0) < 2
            and starts_with(speaking.first_name_key, coalesce(silent.first_name_key, ''))
            and coalesce(silent.member_id = speaking.member_id, true)
            and coalesce(silent.birth_date = speaking.birth_date, true)
        group by silent.record_id, speaking.first_name_key
    ),
    adopted as (
        select
            record_id,
            arg_max(first_name_key, weight) as first_name_key,
            count(*) filter (where weight = best_weight) > 1 as is_ambiguous
        from (select *, max(weight) over (partition by record_id) as best_weight from offers) as weighed
        group by record_id
    ),
    speaking as (
        select
            named.* exclude (first_name_key),
            coalesce(adopted.is_ambiguous, false) as is_ambiguous,
            case
                when adopted.is_ambiguous
                then null
                else coalesce(adopted.first_name_key, named.first_name_key)
            end as first_name_key
        from named
        left join adopted using (record_id)
    ),
    pairs as (
        select
            left_side.record_id as left_record_id,
            right_side.record_id as right_record_id,
            left_side.identifier_kind,
            left_side.identifier_value,
            case
                when left_side.identifier_kind = 'member_id'
                then null
                when left_side.member_id <> right_side.member_id
                then 'member_id'
                when left_side.birth_date <> right_side.birth_date
                then 'birth_date'
                when not {{ names_agree('left_side.first_name_key', 'right_side.first_name_key') }}
                then 'first_name'
                when
                    left_side.is_ambiguous <> right_side.is_ambiguous
                    and coalesce(left_side.first_name_key, right_side.first_name_key) is not null
                then 'ambiguous_name'
            end as refused_by
        from speaking as left_side
        join speaking as right_side using (identifier_kind, identifier_value)
        where left_side.record_id < right_side.record_id
    ),
    final as (
        select *
        from pairs
        union all
        select
            representative_id as left_record_id,
            record_id as right_record_id,
            identifier_kind,
            identifier_value,
            cast(null as varchar) as refused_by
        from guests
        where record_id <> representative_id
    )
select *
from final
