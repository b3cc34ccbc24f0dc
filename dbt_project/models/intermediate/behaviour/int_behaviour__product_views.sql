{{ config(unique_key='anonymous_id') }}
{% set web_events = ref('int_behaviour__web_events') %}
{% set products = ref('int_catalogue__products') %}
{% set since = carried_from([web_events, products]) %}
{%- if since %}
    with
        affected as (
            select anonymous_id
            from {{ affected_keys(web_events) }}
            union
            select anonymous_id
            from {{ this }}
            semi join {{ affected_keys(products) }} using (product_id)
        )
        {{ with_former_customers('affected', 'anonymous_id') }} {{ carried_mark() }}
{%- endif %}
with
    events as (select * from {{ web_events }} {{ only_affected(since, 'anonymous_id') }}),
    products as (select * from {{ products }}),
    sessions as (select session_id, max(occurred_at) as session_ended_at from events group by session_id),
    viewed as (
        select
            session_id,
            product_id,
            any_value(customer_id) as customer_id,
            any_value(anonymous_id) as anonymous_id,
            min(session_started_at) as session_started_at,
            min(occurred_at) as first_viewed_at,
            max(occurred_at) as last_viewed_at,
            count(*) as n_views,
            max(dwell_seconds) as longest_seconds,
            max(received_on) as received_on
        from events
        where event_name = 'Product Viewed' and product_id is not null
        group by session_id, product_id
    ),
    final as (
        select
            viewed.session_id,
            viewed.product_id,
            viewed.customer_id,
            viewed.anonymous_id,
            products.product_group,
            products.brand,
            viewed.first_viewed_at,
            viewed.last_viewed_at,
            viewed.n_views,
            viewed.longest_seconds,
            coalesce(viewed.longest_seconds >= {{ var('long_view_seconds') }}, false) as is_long_view,
            viewed.session_started_at,
            sessions.session_ended_at,
            viewed.received_on
        from viewed
        join sessions using (session_id)
        left join products using (product_id)
    )
select *
from final
