-- A hard bounce or complaint closes an address on its channel for good; the block list is the retailer's own.
with
    events as (select * from {{ ref('stg_provider__events') }}),
    block_list as (select * from {{ ref('consent_block_list') }}),
    from_provider as (
        select
            'provider:' || event_id as suppression_id,
            address,
            channel,
            case when event = 'complained' then 'complaint' else 'hard_bounce' end as reason,
            occurred_at as since_at
        from events
        where (event = 'complained' or (event = 'bounced' and bounce_type = 'hard')) and address is not null
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
        select *
        from from_provider
        union all
        select *
        from from_block_list
        where address is not null and since_at <= {{ as_of() }}
    )
select *
from final
