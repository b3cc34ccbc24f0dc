-- The inputs of the heavier kinds of triggers on {day}, beside those of the decisions (world.sql): two years of order
-- lines, 60 days of carts and visits, the last snapshots of everybody's stage. By arithmetic, and sorted by time.
create or replace table staging.stg_templates__journeys as
    select journey, 'lifecycle' as class, row_number() over () :: integer as priority, kind as trigger_kind,
        params as trigger_params, goal, null::integer as entry_gap_days, null::varchar as once_per,
        null::date as enter_from, null::date as enter_until
    from (values
        ('group', 'purchase_in_group', '{{"groups": ["g1", "g2", "g3"], "accessory_split": true}}', 'accessory_bought'),
        ('first', 'first_purchase', '{{}}', null),
        ('delivered', 'delivered', '{{}}', null),
        ('cart', 'cart_abandoned', '{{"idle_minutes": 60}}', 'cart_bought'),
        ('visit', 'browse_abandoned', '{{"idle_minutes": 60, "min_views": 2}}', null),
        ('back', 'win_back', '{{"stage": "inactive"}}', null)
    ) j(journey, kind, params, goal);
-- Two steps, of which the later is due after 14 days and good for three; those of carts and visits after two and three.
create or replace table staging.stg_templates__journey_steps as
    select journey, 's' || n as step, n :: integer as position,
        86400 * case when n = 1 then 1 when journey in ('cart', 'visit') then 2 else 14 end :: bigint as delay_seconds,
        86400 * 3 :: bigint as valid_for_seconds, []::varchar[] as conditions
    from staging.stg_templates__journeys, range(1, 3) t(n);
create or replace table staging.stg_templates__journey_step_channels as
    select journey, step, 'email' as channel, 1 as position, false as is_fallback from staging.stg_templates__journey_steps;
create or replace table staging.stg_templates__policy_rules as
    select 1 as position, 'email_7d' as name, ['lifecycle'] as when_classes, ['email'] as channels, 604800 :: bigint as window_seconds;
create or replace table staging.stg_templates__policy_settings as select 365 as accessory_lookback_days;

create or replace table marts.fct_orders as
    select 'o' || i as order_id, 'c' || customer as customer_id, ordered_at, i % 20 > 0 as is_valid, 10000 :: bigint as net_amount_minor,
        case when i % 3 > 0 and ordered_at < {as_of} - interval 2 days then ordered_at + to_seconds(172800 + i % 90000) end as delivered_at,
        cast(ordered_at as date) + 1 as received_on, cast(ordered_at as date) + 4 as last_received_on
    from (
        -- Half of the customers come in the course of the two years.
        select i, md5_number_lower('o' || i) % greatest(1, {customers} // 2 + {customers} * i // (2 * {orders})) as customer,
            {as_of} - to_seconds(cast(3600 + 63072000 * (1 - i / {orders}) as bigint)) as ordered_at
        from range({orders}) t(i)
    );
create or replace table marts.fct_order_lines as
    select order_id, n :: integer as line_number, customer_id, ordered_at, 'p' || product as product_id, 'g' || product % 100 as product_group,
        (1000 + product * 37 % 9000) :: bigint as net_amount_minor, is_valid, false as is_gift, received_on
    from (select *, md5_number_lower(order_id || ',' || n) % 30000 as product from marts.fct_orders, range(1, 4) t(n));
create or replace table intermediate.int_catalogue__accessories as
    select 'g' || g as from_group, 'p' || (100 * i + 50 + g) as product_id, i :: integer as rank from range(1, 4) t(g), range(1, 30) s(i);
create or replace table marts.dim_customers as
    select customer_id, min(ordered_at) filter (where is_valid) as first_order_at, 'At risk' as persona,
        case when md5_number_lower(customer_id) % 50 = 0 then 'inactive' else 'active' end as stage, 'active' as absolute_stage
    from marts.fct_orders group by customer_id;
create or replace table marts.fct_customer_rfm as
    select date '{day}' - 7 * week::integer as snapshot_on, customer_id, persona,
        case when week = 0 then stage else 'lapsed' end as stage, absolute_stage
    from marts.dim_customers, range(10) t(week) order by week desc;
create or replace table marts.fct_carts as
    select 'k' || i as cart_id, case when i % 5 > 0 then 'c' || md5_number_lower('k' || i) % {customers} end as customer_id,
        changed_at as last_changed_at, (i % 4) :: double as n_items, 5000 * (i % 4) :: bigint as value_minor,
        '[{{"product_id":"p' || i % 30000 || '","quantity":1.0,"price_minor":5000}},{{"product_id":"p' || i % 29 || '","quantity":2.0,"price_minor":2500}}]' as lines,
        case when i % 3 = 0 then 'o' || i end as bought_order_id, case when i % 3 = 0 then changed_at + to_seconds(i % 9000) end as bought_at,
        cast(changed_at as date) as received_on
    from (select i, {as_of} - to_seconds(cast(60 + 5184000 * (1 - i / {carts}) as bigint)) as changed_at from range({carts}) t(i));
create or replace table intermediate.int_behaviour__web_events as
    select 's' || i // 8 as session_id, case when i // 8 % 3 = 0 then 'c' || md5_number_lower('s' || i // 8) % {customers} end as customer_id,
        case when i // 8 % 4 = 0 and i % 8 = 7 then 'Product Added' else 'Product Viewed' end as event_name,
        {as_of} - to_seconds(cast(60 + 5184000 * (1 - i // 8 * 8 / {events}) as bigint) - i % 8) as occurred_at
    from range({events}) t(i);
create or replace table intermediate.int_behaviour__product_views as
    select session_id, 'p' || md5_number_lower(session_id || n) % 30000 as product_id, customer_id, 'g' || n as product_group,
        n > 1 as is_long_view, 4.0 + n as longest_seconds, began_at as session_started_at, ended_at as session_ended_at,
        cast(ended_at as date) as received_on
    from (
        select session_id, any_value(customer_id) as customer_id, min(occurred_at) as began_at, max(occurred_at) as ended_at
        from intermediate.int_behaviour__web_events group by session_id
    ), range(1, 5) t(n)
    order by session_ended_at;
