-- Who brings forward which value under which name. Orders of one guest speak through the first of them; a
-- record without a first name takes the one that its address spells, or the one with which it shares
-- most.
{{ config(
    unique_key=['record_id', 'identifier_kind'],
    meta={'carried_by': ['record_id'], 'compared': ['link_value', 'is_ambiguous', 'first_name_key']},
) }}
{% set all_records, all_identifiers = ref('int_identity__records'), ref('int_identity__identifiers') %}
{% set meant, known_names = ref('int_identity__meant_addresses'), ref('int_identity__known_names') %}
{% set since = carried_from([all_records, all_identifiers, meant, known_names]) %}
{% set claims %}
    select record_id, identifier_kind, link_value
    from {{ all_identifiers }}
    where not is_blocked
    union all
    select record_id, 'email_slip', meant_value
    from {{ meant }}
{% endset %}
{%- if since %}
    with
        -- Read in two ways: materialised once, all claims of everybody would be copied.
        claims as not materialized({{ claims | indent(8) }}),
        changed as (
            select record_id
            from {{ affected_keys(all_records) }}
            union
            -- Whose domain is a slip since, and all whose identifiers changed.
            select record_id
            from {{ affected_keys(meant) }}
        ),
        touched as (
            select identifier_kind, link_value
            from {{ this }}
            semi join changed using (record_id)
            union
            select identifier_kind, link_value
            from claims
            semi join changed using (record_id)
        ),
        words as (select word from {{ affected_keys(known_names) }})
    select record_id
    from changed
    union all
    -- Who shares a value with one of them, or did.
    select record_id
    from claims
    semi join touched using (identifier_kind, link_value)
    union all
    -- Whose address begins or ends with a word that is a name since, or no longer, or short for another.
    select record_id
    from {{ all_records }}
    cross join (select distinct length(word) as n_letters from words) as lengths
    where
        left(replace(address_words, ' ', ''), n_letters) in (select word from words)
        or right(replace(address_words, ' ', ''), n_letters) in (select word from words) {{ carried_mark() }}
{%- endif %}
with
    claims as (
        select *
        from ({{ claims | indent(8) }}) as all_claims
        {% if since -%}
            -- Of affected records, and of everybody who shares them.
            semi join
                (
                    select *
                    from ({{ claims | indent(16) }}) as all_claims {{ only_affected(since, 'record_id') }}
                ) as own using (identifier_kind, link_value)
        {%- endif %}
    ),
    records as (
        select *
        from {{ all_records }}
        {% if since -%} where record_id in (select record_id from claims) {%- endif %}
    ),
    identifiers as (
        select *
        from {{ all_identifiers }}
        {% if since -%} where record_id in (select record_id from claims) {%- endif %}
    ),
    guests as ({{ guests('identifiers') | indent(8) }}),
    -- A slip is one where somebody wrote it otherwise.
    slips as (
        select meant_value as link_value
        from {{ meant }}
        {% if since -%}
            where meant_value in (select link_value from claims where identifier_kind = 'email_slip')
        {%- endif %}
        group by meant_value
        having count(distinct link_value) > 1
    ),
    named as (
        select
            claims.record_id,
            records.source,
            claims.identifier_kind,
            claims.link_value,
            records.first_name_key,
            records.has_name,
            records.member_id,
            records.birth_date,
            records.phone,
            records.address_words,
            replace(records.address_words, ' ', '') as address_letters
        from claims
        join records using (record_id)
        where
            (claims.identifier_kind <> 'email_slip' or claims.link_value in (select link_value from slips))
            and (
                records.source <> 'webshop_order'
                or claims.record_id in (select representative_id from guests)
            )
    ),
    silent as (select * from named {{ only_affected(since, 'record_id') }} where not has_name),
    known_names as (select * from {{ known_names }}),
    -- ingrid.mathisen760@, mathiseningrid@ and i.mathisen@ say whose they are, whoever orders under them.
    addresses as (
        select distinct
            record_id,
            address_letters,
            split_part(address_words, ' ', 1) as first_word,
            split_part(address_words, ' ', 2) as second_word,
            split_part(address_words, ' ', 3) as third_word
        from silent
        where identifier_kind = 'email'
    ),
    halves as (
        select record_id, first_word as left_half, second_word as right_half
        from addresses
        where second_word <> '' and third_word = ''
        union all
        select record_id, left(address_letters, n_left), substr(address_letters, n_left + 1)
        from
            (
                select record_id, address_letters, unnest(range(2, length(address_letters) - 1)) as n_left
                from addresses
                where second_word = ''
            ) as cuts
    ),
    spelled as (
        select halves.record_id, min(coalesce(first_names.first_name_key, halves.given)) as first_name_key
        from
            (
                select record_id, left_half as given, right_half as family
                from halves
                union all
                select record_id, right_half, left_half
                from halves
            ) as halves
        join known_names as family_names on family_names.word = halves.family and family_names.is_family_name
        left join known_names as first_names on first_names.word = halves.given
        where first_names.first_name_key is not null or length(halves.given) = 1
        group by halves.record_id
        having count(distinct coalesce(first_names.first_name_key, halves.given)) = 1
    ),
    -- If two names share as much with a nameless record, it is not known whose it is, and it joins
    -- neither: it would make one person of a household that shares an address. The name that stands in
    -- the address is believed, unless the number is another one.
    offers as (
        select
            silent.record_id,
            speaking.first_name_key,
            bool_or(
                contains(silent.address_letters, speaking.first_name_key)
                or spelled.first_name_key = speaking.first_name_key
            ) as is_in_address,
            count(distinct silent.identifier_kind)
            + 10 * count(*) filter (where silent.identifier_kind = 'member_id')
            + case
                when is_in_address and not coalesce(bool_or(silent.phone <> speaking.phone), false)
                then 5
                else 0
            end as weight,
            coalesce(
                any_value(silent.source) = 'webshop_order' and bool_and(silent.phone <> speaking.phone), false
            ) as is_other_number
        from silent
        join named as speaking using (identifier_kind, link_value)
        left join spelled on spelled.record_id = silent.record_id
        where
            speaking.has_name
            and starts_with(speaking.first_name_key, coalesce(silent.first_name_key, ''))
            and coalesce(silent.member_id = speaking.member_id, true)
            and coalesce(silent.birth_date = speaking.birth_date, true)
        group by silent.record_id, speaking.first_name_key
    ),
    adopted as (
        select
            record_id,
            arg_max(first_name_key, weight) as first_name_key,
            bool_or(is_in_address) as is_in_address,
            -- An order under a known address with a number that none of its records has may be anybody's.
            count(*) filter (where weight = best_weight) > 1 or bool_and(is_other_number) as is_ambiguous
        from (select *, max(weight) over (partition by record_id) as best_weight from offers) as weighed
        group by record_id
    ),
    final as (
        select
            named.record_id,
            named.identifier_kind,
            named.link_value,
            coalesce(adopted.is_ambiguous, false) as is_ambiguous,
            case
                when named.has_name
                then named.first_name_key
                when adopted.is_ambiguous
                then null
                when spelled.record_id is not null and not coalesce(adopted.is_in_address, false)
                then spelled.first_name_key
                else coalesce(adopted.first_name_key, named.first_name_key)
            end as first_name_key
        from named {{ only_affected(since, 'record_id') }}
        left join adopted using (record_id)
        left join spelled using (record_id)
    )
select *
from final
