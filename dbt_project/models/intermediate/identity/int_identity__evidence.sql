-- Who brings forward which value under which name. Orders of one guest speak through the first of them; a
-- record without a first name takes the one that its address spells, or the one with which it shares
-- most.
with
    records as (select * from {{ ref('int_identity__records') }}),
    identifiers as (select * from {{ ref('int_identity__identifiers') }} where not is_blocked),
    guests as ({{ guests('identifiers') | indent(8) }}),
    -- A dot too many in a long address, or a domain that a letter separates from one with twenty times as
    -- many customers, is a slip of the pen; short addresses and domains of their own are not.
    domains as (
        select {{ mail_domain('link_value') }} as domain, count(*) as n_records
        from identifiers
        where identifier_kind = 'email'
        group by domain
    ),
    misspelled as (
        select rare.domain, arg_max(usual.domain, (usual.n_records, usual.domain)) as usual_domain
        from domains as rare
        join
            (select * from domains order by n_records desc, domain limit 50) as usual
            on usual.n_records >= 20 * rare.n_records
            and {{ edit_distance('rare.domain', 'usual.domain') }} = 1
        group by rare.domain
    ),
    meant as (
        select
            record_id,
            source,
            link_value,
            replace({{ mail_local('link_value') }}, '.', '')
            || '@'
            || coalesce(misspelled.usual_domain, {{ mail_domain('link_value') }}) as meant_value
        from identifiers
        left join misspelled on misspelled.domain = {{ mail_domain('link_value') }}
        where identifier_kind = 'email' and length(replace({{ mail_local('link_value') }}, '.', '')) >= 8
    ),
    values_used as (
        select record_id, source, identifier_kind, link_value
        from identifiers
        union all
        select record_id, source, 'email_slip', meant_value
        from meant
        where
            meant_value
            in (select meant_value from meant group by meant_value having count(distinct link_value) > 1)
    ),
    named as (
        select
            identifiers.record_id,
            identifiers.source,
            identifiers.identifier_kind,
            identifiers.link_value,
            records.first_name_key,
            coalesce(length(records.first_name_key) > 1, false) as has_name,
            records.member_id,
            records.birth_date,
            records.phone,
            -- Only of those who say no name: it costs as much as all else here.
            case when not has_name then {{ address_letters('records.email') }} end as address_letters
        from values_used as identifiers
        join records using (record_id)
        where
            identifiers.source <> 'webshop_order'
            or identifiers.record_id in (select representative_id from guests)
    ),
    first_names as (
        select given_name_key as word, min(first_name_key) as first_name_key
        from records
        where length(given_name_key) > 1 and first_name_key is not null
        group by given_name_key
    ),
    family_names as (select distinct last_name_key as word from records where length(last_name_key) > 2),
    -- ingrid.mathisen760@, mathiseningrid@ and i.mathisen@ say whose they are, whoever orders under them.
    addresses as (
        select distinct
            records.record_id, named.address_letters, {{ address_words('records.email') }} as words
        from named
        join records using (record_id)
        where not named.has_name and named.identifier_kind = 'email'
    ),
    halves as (
        select record_id, words[1] as left_half, words[2] as right_half
        from addresses
        where len(words) = 2
        union all
        select record_id, left(address_letters, n_left), substr(address_letters, n_left + 1)
        from
            (
                select record_id, address_letters, unnest(range(2, length(address_letters) - 1)) as n_left
                from addresses
                where len(words) = 1
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
        join family_names on family_names.word = halves.family
        left join first_names on first_names.word = halves.given
        where first_names.word is not null or length(halves.given) = 1
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
        from named as silent
        join named as speaking using (identifier_kind, link_value)
        left join spelled on spelled.record_id = silent.record_id
        where
            speaking.has_name
            and not silent.has_name
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
        from named
        left join adopted using (record_id)
        left join spelled using (record_id)
    )
select *
from final
