-- Intervals are half-open, [valid_from, valid_to). Consent: from a grant to the next event. Existing
-- customer: from a sale to the customer's next sale under that address, to the end of the setting's
-- months, or to the first objection, whichever comes first; it never comes back after an objection.
{{ config(unique_key='permission_id', meta={'carried_by': ['address', 'channel']}) }}
{% set events, sales = ref('fct_consent_events'), ref('int_consent__sales') %}
{% set since = carried_from([events, sales]) %}
{%- if since %}
    select previous_address as address, previous_channel as channel
    from {{ affected_keys(events) }}
    union all
    select address, channel
    from {{ events }}
    semi join {{ affected_keys(events) }} using (event_id)
    union all
    select previous_address, channel
    from {{ affected_keys(sales) }}
    union all
    select address, channel
    from {{ sales }}
    semi join {{ affected_keys(sales) }} using (order_id, channel) {{ carried_mark() }}
{%- endif %}
with
    events as (select * from {{ events }} {{ only_affected(since, 'address, channel') }}),
    sales as (select * from {{ sales }} {{ only_affected(since, 'address, channel') }}),
    -- At the same instant withdrawal wins.
    decided as (
        select
            address,
            channel,
            purpose,
            occurred_at,
            bool_or(action = 'withdrawn') as is_withdrawn,
            min(event_id) filter (where action = 'granted') as event_id
        from events
        group by address, channel, purpose, occurred_at
    ),
    followed as (
        select
            *,
            lead(occurred_at) over (
                partition by address, channel, purpose order by occurred_at
            ) as next_event_at
        from decided
    ),
    by_consent as (
        select
            'consent:' || event_id as permission_id,
            address,
            channel,
            purpose,
            'consent' as basis,
            event_id as evidence_id,
            cast(null as varchar) as customer_id,
            occurred_at as valid_from,
            next_event_at as valid_to
        from followed
        where not is_withdrawn
    ),
    objections as (
        select address, channel, min(occurred_at) as objected_at
        from events
        where action = 'withdrawn' and purpose = 'marketing'
        group by address, channel
    ),
    -- Of sales at the same instant one is evidence enough.
    newest_sales as (
        select address, channel, customer_id, ordered_at, min(order_id) as order_id, max(ends_at) as ends_at
        from sales
        group by address, channel, customer_id, ordered_at
    ),
    followed_sales as (
        select
            newest_sales.*,
            least(
                newest_sales.ends_at,
                lead(ordered_at) over (partition by address, channel, customer_id order by ordered_at),
                objections.objected_at
            ) as valid_to
        from newest_sales
        left join objections using (address, channel)
    ),
    by_sale as (
        select
            'sale:'
            || order_id
            || case when channel = 'email' then '' else ':' || channel end as permission_id,
            address,
            channel,
            'marketing' as purpose,
            'existing_customer' as basis,
            order_id as evidence_id,
            customer_id,
            ordered_at as valid_from,
            valid_to
        from followed_sales
        where valid_to > ordered_at
    ),
    final as (
        select *
        from by_consent
        union all
        select *
        from by_sale
    )
select *
from final
