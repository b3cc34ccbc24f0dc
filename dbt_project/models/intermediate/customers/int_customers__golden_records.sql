-- The person as believed today: each field from the most trusted source that has it, there from the
-- newest record. Fields that only make sense together (a name, a place) come from one record.
{{ config(unique_key='customer_id', meta={'compared': 'all'}) }}
{% set since = carried_from(
    [
        ref('int_identity__records'), ref('int_identity__persons'), ref('int_identity__identifiers'),
        ref('int_customers__erased'),
    ]
) %}
{%- if since %}
    {{ customers_of_changed_records() | indent(4) }}
    union all
    select customer_id
    from {{ affected_keys(ref('int_customers__erased')) }} {{ carried_mark() }}
{%- endif %}
with
    records as (select * from {{ ref('int_identity__records') }}),
    persons as (select * from {{ ref('int_identity__persons') }} {{ only_affected(since, 'customer_id') }}),
    defaults as (select * from {{ ref('country_defaults') }}),
    erased as (select * from {{ ref('int_customers__erased') }}),
    blocked as (
        select distinct identifier_kind, identifier_value
        from {{ ref('int_identity__identifiers') }}
        where is_blocked
    ),
    usable as (
        select
            persons.customer_id,
            records.* exclude (email, phone),
            case when blocked_emails.identifier_value is null then records.email end as email,
            case when blocked_phones.identifier_value is null then records.phone end as phone,
            case
                when first_name is not null then {'first_name':first_name, 'last_name':last_name}
            end as full_name,
            case
                when postal_code is not null or city is not null
                then {'street':street, 'postal_code':postal_code, 'city':city}
            end as place,
            row_number() over (
                partition by persons.customer_id
                order by records.trust_rank, records.updated_at desc, records.record_id
            ) as preference
        from records
        join persons using (record_id)
        left join
            blocked as blocked_emails
            on blocked_emails.identifier_kind = 'email'
            and blocked_emails.identifier_value = records.email
        left join
            blocked as blocked_phones
            on blocked_phones.identifier_kind = 'phone'
            and blocked_phones.identifier_value = records.phone
    ),
    survivors as (
        select
            customer_id,
            {%- for field in [
                'full_name', 'place', 'country', 'language', 'birth_date', 'email', 'phone', 'member_id',
                'company_name', 'organisation_number', 'joined_at',
            ] %}
                arg_min({{ field }}, preference) filter (where {{ field }} is not null) as {{ field }},
            {%- endfor %}
            arg_min(last_name, preference) filter (where last_name is not null) as any_last_name,
            bool_or(coalesce(customer_type = 'b2b', false) or organisation_number is not null) as is_company,
            bool_or(source = 'club') as is_member,
            min(joined_at) as first_joined_at,
            min(first_received_on) as first_seen_on,
            count(*) as n_source_records
        from usable
        group by customer_id
    ),
    final as (
        select
            survivors.customer_id,
            case when survivors.is_company then 'b2b' else 'b2c' end as customer_type,
            survivors.is_member,
            survivors.member_id,
            case when erased.customer_id is null then survivors.full_name.first_name end as first_name,
            case
                when erased.customer_id is null
                then coalesce(survivors.full_name.last_name, survivors.any_last_name)
            end as last_name,
            case when erased.customer_id is null then survivors.company_name end as company_name,
            case
                when erased.customer_id is null then survivors.organisation_number
            end as organisation_number,
            coalesce(survivors.language, defaults.language, 'en') as language,
            coalesce(survivors.country, '{{ var("country") }}') as country,
            coalesce(defaults.timezone, '{{ var("timezone") }}') as timezone,
            case when erased.customer_id is null then survivors.email end as email,
            case when erased.customer_id is null then survivors.phone end as phone,
            case when erased.customer_id is null then survivors.birth_date end as birth_date,
            case when erased.customer_id is null then survivors.place.street end as street,
            case when erased.customer_id is null then survivors.place.postal_code end as postal_code,
            case when erased.customer_id is null then survivors.place.city end as city,
            erased.customer_id is not null as is_erased,
            erased.erased_at,
            survivors.first_seen_on,
            survivors.first_joined_at as joined_at,
            cast(survivors.n_source_records as integer) as n_source_records
        from survivors
        left join defaults on defaults.country = coalesce(survivors.country, '{{ var("country") }}')
        left join erased using (customer_id)
    )
select *
from final
