{{ config(
    unique_key='event_id', meta={'compared': ['address', 'channel', 'purpose', 'action', 'occurred_at']}
) }}
{% set told, withdrawals = ref('stg_consent__events'), ref('int_consent__provider_withdrawals') %}
{% set answers = ref('stg_provider__events') %}
{% set since = carried_from([told, answers]) %}
{%- if since %}
    select event_id, false as is_repeated
    from {{ affected_keys(told) }}
    union all
    select 'provider:' || event_id, is_repeated
    from {{ affected_keys(answers) }} {{ carried_mark() }}
{%- endif %}
with
    told as (select * from {{ told }} {{ only_affected(since, 'event_id') }}),
    by_provider as ({{ first_known(withdrawals, 'event_id', 'occurred_at', since) | indent(8) }}),
    final as (
        select event_id, address, channel, purpose, action, occurred_at, source, wording_version, received_on
        from told
        where address is not null
        union all
        select
            event_id,
            address,
            channel,
            purpose,
            action,
            occurred_at,
            source,
            cast(null as varchar) as wording_version,
            received_on
        from by_provider
        where address is not null
    )
select *
from final
