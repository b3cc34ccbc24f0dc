-- A hard bounce or complaint closes an address on its channel for good; the block list is the retailer's own.
{{ config(unique_key='suppression_id', meta={'compared': ['address', 'channel', 'since_at']}) }}
with
    events as not materialized(select * from {{ ref('stg_provider__events') }}),
    block_list as (select * from {{ ref('consent_block_list') }}),
    -- One after the other, so that of all events there ever were only these are read.
    from_provider as (
        select event_id, address, channel, 'complaint' as reason, occurred_at
        from events
        where event = 'complained' and address is not null
        union all
        select event_id, address, channel, 'hard_bounce', occurred_at
        from events
        where event = 'bounced' and bounce_type = 'hard' and address is not null
    ),
    from_block_list as (
        select
            'block_list:' || block_list_id as suppression_id,
            {{ normalise_address('address', 'channel') }} as address,
            channel,
            'block_list' as reason,
            {{ local_instant("coalesce(since_on, date '1970-01-01')") }} as since_at
        from block_list
    ),
    final as (
        select 'provider:' || event_id as suppression_id, address, channel, reason, occurred_at as since_at
        from from_provider
        union all
        select *
        from from_block_list
        where address is not null and since_at <= {{ as_of() }}
    )
select *
from final
