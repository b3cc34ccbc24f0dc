-- Addresses as they were probably meant. A dot too many in a long address, or a misspelled domain, is a
-- slip of the pen; short addresses and domains of their own are not.
{{ config(unique_key='record_id') }}
{% set identifiers, misspelled = ref('int_identity__identifiers'), ref('int_identity__misspelled_domains') %}
{% set since = carried_from([identifiers, misspelled]) %}
{%- if since %}
    select record_id
    from {{ affected_keys(identifiers) }}
    union all
    select record_id
    from {{ identifiers }}
    where
        identifier_kind = 'email'
        and {{ mail_domain('link_value') }} in (select domain from {{ affected_keys(misspelled) }})
        {{ carried_mark() }}
{%- endif %}
with
    identifiers as (select * from {{ identifiers }} {{ only_affected(since, 'record_id') }}),
    final as (
        select
            record_id,
            link_value,
            replace({{ mail_local('link_value') }}, '.', '')
            || '@'
            || coalesce(misspelled.usual_domain, {{ mail_domain('link_value') }}) as meant_value
        from identifiers
        left join {{ misspelled }} as misspelled on misspelled.domain = {{ mail_domain('link_value') }}
        where
            identifier_kind = 'email'
            and not is_blocked
            and length(replace({{ mail_local('link_value') }}, '.', '')) >= 8
    )
select *
from final
