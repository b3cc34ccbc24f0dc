-- The words that are names because some record says so: addresses are read by them. Small, so made anew every
-- day and compared: one new family name may say who writes under an address that came years ago.
{{ config(unique_key='word', meta={'compared': ['first_name_key', 'is_family_name']}) }}
with
    records as (select * from {{ ref('int_identity__records') }}),
    first_names as (
        select given_name_key as word, min(first_name_key) as first_name_key
        from records
        where length(given_name_key) > 1 and first_name_key is not null
        group by given_name_key
    ),
    family_names as (select distinct last_name_key as word from records where length(last_name_key) > 2),
    final as (
        select word, first_names.first_name_key, family_names.word is not null as is_family_name
        from first_names
        full join family_names using (word)
    )
select *
from final
