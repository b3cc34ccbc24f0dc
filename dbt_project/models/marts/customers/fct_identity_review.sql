-- Pairs of records that a guard kept apart although much speaks for one person, strongest first. Whoever
-- judges one writes it into the seed identity_decisions; it is gone from here with the next run.
with
    edges as (select * from {{ ref('fct_identity_edges') }}),
    records as (select * from {{ ref('int_identity__records') }}),
    proposals as (
        select
            least(left_record_id, right_record_id) as left_record_id,
            greatest(left_record_id, right_record_id) as right_record_id,
            max(match_probability) as match_probability
        from {{ source('identity', 'proposals') }}
        group by 1, 2
    ),
    decided as (
        select
            least(left_record_id, right_record_id) as left_record_id,
            greatest(left_record_id, right_record_id) as right_record_id
        from {{ ref('identity_decisions') }}
    ),
    refused as (
        select
            left_record_id,
            right_record_id,
            count(*) as n_shared,
            {{ texts_in_order('identifier_kind', ', ') }} as shared_kinds,
            min(refused_by) as refused_by
        from edges
        where left_customer_id <> right_customer_id
        group by left_record_id, right_record_id
    ),
    pairs as (
        select
            coalesce(refused.left_record_id, proposals.left_record_id) as left_record_id,
            coalesce(refused.right_record_id, proposals.right_record_id) as right_record_id,
            coalesce(refused.n_shared, 0) as n_shared,
            refused.shared_kinds,
            refused.refused_by,
            proposals.match_probability
        from refused
        full join proposals using (left_record_id, right_record_id)
    ),
    judged as (
        select
            pairs.*,
            case
                when pairs.refused_by like 'ambiguous_name%'
                then 'nameless_between_two'
                when pairs.refused_by = 'company_form_of_another_link'
                then 'company_between_two_forms'
                when
                    pairs.refused_by = 'member_id'
                    and left_side.last_name_key = right_side.last_name_key
                    and left_side.first_name_key = right_side.first_name_key
                    and coalesce(left_side.birth_date = right_side.birth_date, true)
                then 'same_name_two_members'
                when
                    pairs.refused_by = 'birth_date'
                    and left_side.last_name_key = right_side.last_name_key
                    and left_side.first_name_key = right_side.first_name_key
                then 'same_name_two_birth_dates'
                when
                    pairs.refused_by = 'first_name'
                    and {{ names_resemble('left_side.first_name_key', 'right_side.first_name_key') }}
                then 'names_resemble'
                when pairs.match_probability is not null
                then 'proposed'
            end as doubt
        from pairs
        join records as left_side on left_side.record_id = pairs.left_record_id
        join records as right_side on right_side.record_id = pairs.right_record_id
        anti join decided using (left_record_id, right_record_id)
    ),
    final as (
        select
            judged.left_record_id,
            judged.right_record_id,
            judged.doubt,
            judged.refused_by,
            judged.shared_kinds,
            cast(judged.n_shared as integer) as n_shared,
            cast(judged.match_probability as double) as match_probability
        from judged
        where judged.doubt is not null
    )
select *
from final
