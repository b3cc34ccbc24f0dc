-- A retailer of {customers} customers on {day}: inputs of the decision models, made by arithmetic, so that every
-- machine measures the same. Every gate stops some of the {candidates} candidates.
insert into staging.stg_templates__journeys by name
    select 'v' as policy_version, 'j' || i as journey,
        case when i < 6 then 'post_purchase' when i < 9 then 'lifecycle' else 'newsletter' end as class, i as priority,
        'b2c' as audience_customer_type, i = 9 as is_paused, 500 as holdout_buckets,
        case when i = 7 then ['NO', 'SE'] end as audience_countries,
        case when i = 4 then 100 end as min_expected_value_minor
    from range(1, 11) t(i);
insert into staging.stg_templates__journey_steps by name
    select journey, 's' as step, 1 as position, 0 as delay_seconds, 259200 as valid_for_seconds, priority <> 8 as yields,
        case priority
            when 3 then ['no_order_since_anchor'] when 5 then ['reference_product_in_stock']
            when 6 then ['cart_not_bought'] else []
        end as conditions,
        ['also_bought'] as recommendation_slots, case when priority < 6 then 2 else 0 end as min_recommendations,
        case when priority = 8 then 'first_purchase' end as offer_kind
    from staging.stg_templates__journeys;
insert into staging.stg_templates__journey_step_channels
    select journey, 's', 'email', 1, false from staging.stg_templates__journeys
    union all select 'j7', 's', 'sms', 2, false;
insert into staging.stg_templates__policy_rules values
    (1, 'post_purchase_48h', ['post_purchase'], ['post_purchase'], null, 172800, 1, [], []),
    (2, 'newsletter_48h', ['newsletter'], ['post_purchase'], null, 172800, 1, [], []),
    (3, 'email_7d', ['post_purchase', 'lifecycle', 'newsletter'], ['post_purchase', 'lifecycle', 'newsletter'],
        ['email'], 604800, 4, [], []),
    (4, 'sms_30d', ['post_purchase', 'lifecycle', 'newsletter'], ['post_purchase', 'lifecycle', 'newsletter'],
        ['sms'], 2592000, 4, [], []);
insert into staging.stg_templates__policy_settings values ('v', '2026', 500, 365, false, false, false);
insert into staging.stg_templates__channel_windows values
    ('email', '09:00', '20:00', true, true), ('sms', '09:00', '20:00', false, false);
insert into marts.dim_customers by name
    select 'c' || i as customer_id, case when i % 20 = 0 then 'b2b' else 'b2c' end as customer_type, true as is_member,
        case when i % 11 = 3 then 'FI' else 'NO' end as country,
        case when i % 53 = 0 then 'Europe/Helsinki' end as timezone, i % 1009 = 1 as is_erased
    from range({customers}) t(i);
insert into intermediate.int_identity__aliases
    select 'c' || i, 'c' || i from range({customers}) t(i)
    union all select 'old' || i, 'c' || i from range(0, {customers}, 10) t(i);
insert into intermediate.int_customers__contact_points by name
    select 'c' || i as customer_id, 'email' as channel, 'p' || (i - i % 3 % 2) || '@example.com' as address,
        case when i % 7 > 0 then 'consent' end as permission_basis,
        case when i % 7 > 0 then 'E' || i end as permission_id,
        case when i % 103 = 7 then 'S' || i end as suppression_id
    from range({customers}) t(i)
    where i % 97 > 0
    union all by name
    select 'c' || i as customer_id, 'sms' as channel, '+47' || (40000000 + i) as address,
        case when i % 4 > 0 then 'consent' end as permission_basis,
        case when i % 4 > 0 then 'T' || i end as permission_id
    from range(0, {customers}, 3) t(i);
insert into marts.dim_customer_identifiers
    select customer_id, case channel when 'sms' then 'phone' else 'email' end, address
    from intermediate.int_customers__contact_points;
insert into marts.fct_customer_scores select customer_id, 'none', 12 from marts.dim_customers;
insert into staging.stg_consent__preferences
    select 'w' || i, 'p' || i || '@example.com', 'email', 2, 7, null, [] from range(0, {customers}, 100) t(i);
insert into intermediate.int_service__open_cases by name
    select 'c' || i as customer_id, 'k' || i as case_id from range(11, {customers}, 200) t(i);
insert into marts.fct_orders
    select 'o' || i, 'c' || customer,
        timestamptz '{day} 00:00:00+00' - to_seconds(i * 7 % 63072000 + 3600), i % 20 > 0, 10000
    from (select i, md5_number_lower('o' || i) % {customers} as customer from range({orders}) t(i))
    where customer % 3 > 0;
insert into marts.fct_carts
    select 'cart' || i, case when i % 4 = 0 then 'o' || i end from range({candidates}) t(i);
insert into marts.dim_products select 'p' || i, i % 7 > 0 from range(30000) t(i);
insert into intermediate.int_triggers__anchors by name
    select 'c' || md5_number_lower('a' || i) % {customers} as customer_id, 'j' || (1 + i % 10) as journey, 'order:' || i as anchor,
        timestamptz '{day} 00:00:00+00'
        + case when i % 13 = 0 then to_seconds(86400 + i % 90000) else - to_seconds(i * 29 % 290000) end as anchor_at,
        'default' as branch,
        case when i % 41 = 0 then timestamptz '{day} 00:00:00+00' - interval 5 hours end as goal_reached_at,
        'o' || i as reference_order_id, 'p' || i % 30000 as reference_product_id, 'cart' || i as reference_cart_id,
        '{{"order":"o' || i || '"}}' as evidence, date '{day}' as received_on, i % 101 > 0 as still_holds
    from range({candidates}) t(i);
insert into intermediate.int_recommendations__for_candidates
    select customer_id, journey, anchor, 'also_bought', r, 'p' || r
    from intermediate.int_triggers__anchors, range(1, 5) t(r)
    where r = 1 or md5_number_lower(anchor) % 17 > 0;
