-- Which programs and networks are machines. Looked up once per distinct value, not once per event.
with
    events as (
        select distinct user_agent, ip_network
        from {{ ref('stg_provider__events') }}
        where event in ('opened', 'clicked')
    ),

    patterns as (select * from {{ ref('machine_user_agents') }}),

    networks as (select * from {{ ref('machine_networks') }}),

    final as (
        select
            events.user_agent,
            events.ip_network,
            coalesce(
                bool_or(regexp_matches(lower(events.user_agent), patterns.pattern)), false
            ) as is_machine_agent,
            coalesce(
                bool_or(starts_with(events.ip_network, networks.network_prefix)), false
            ) as is_machine_network
        from events
        left join patterns on regexp_matches(lower(events.user_agent), patterns.pattern)
        left join networks on starts_with(events.ip_network, networks.network_prefix)
        group by events.user_agent, events.ip_network
    )

select *
from final
