-- One day's decisions as somebody would write them by hand for this retailer: plain DuckDB, nothing stored but the
-- results, each in the fastest form known (the log cut to the windows first, per-customer aggregates, arg_min for the
-- winner). It leaves out what this retailer does not use: fallback channels, experiments, a second run of the day.
create or replace temp table candidate as
with
    scheduled as (
        select a.*, s.step, s.conditions, s.offer_kind, s.min_recommendations, s.recommendation_slots, s.yields, j.class,
            j.priority, a.anchor_at + to_seconds(s.delay_seconds) as due_at,
            a.anchor_at + to_seconds(s.delay_seconds + s.valid_for_seconds) as expires_at, due_at < {next_as_of} as is_due
        from intermediate.int_triggers__anchors a
        join staging.stg_templates__journeys j using (journey)
        join staging.stg_templates__journey_steps s using (journey)
    ),
    lowest as (select customer_id, max(priority) as lowest from scheduled where is_due group by all)
select scheduled.*
from scheduled left join lowest using (customer_id)
where
    (is_due and expires_at > {as_of} - interval 24 hours)
    or (not is_due and due_at < {next_as_of} + interval 31 days and priority < lowest);

create or replace temp table past_id as
select past_customer_id, customer_id from intermediate.int_identity__aliases where past_customer_id <> customer_id;

create or replace temp table person as
select customer_id, customer_type, country, coalesce(timezone, 'Europe/Oslo') as timezone, is_erased
from marts.dim_customers semi join candidate using (customer_id);

-- What is counted: the log cut to each rule's window, at once for the people concerned and for the exclusion list.
create or replace temp table sent as
with
    recent as (
        select coalesce(p.customer_id, m.customer_id) as customer_id, message_id, class, channel,
            journey || chr(31) || step || chr(31) || anchor as touch, sent_at
        from '{log}' m left join past_id p on m.customer_id = p.past_customer_id
        where run_date < date '{day}' and sent_at > {as_of} - interval 31 days
            and state in ('SENDING', 'ACCEPTED', 'UNKNOWN', 'DELIVERED', 'BOUNCED', 'COMPLAINED', 'QUARANTINED')
            and (channel = 'sms' or sent_at > {as_of} - interval 8 days)
    )
from recent;

create or replace temp table earlier as
select coalesce(p.customer_id, m.customer_id) as customer_id, journey, step, anchor, channel, min(message_id) as message_id
from '{log}' m left join past_id p on m.customer_id = p.past_customer_id
where run_date < date '{day}' and sent_at >= {as_of} - interval 90 days
    and state in ('SENDING', 'ACCEPTED', 'UNKNOWN', 'DELIVERED', 'BOUNCED', 'COMPLAINED', 'QUARANTINED')
    and anchor in (select anchor from candidate)
group by all;

create or replace temp table last_order as
select customer_id, max(ordered_at) as ordered_at, arg_max(order_id, (ordered_at, order_id)) as order_id
from marts.fct_orders
where is_valid and ordered_at < {as_of} and customer_id in (
    select customer_id from candidate where offer_kind = 'first_purchase' or list_contains(conditions, 'no_order_since_anchor')
)
group by customer_id;

create or replace temp table worthless as
with past as (
    select m.journey, m.message_id, coalesce(p.customer_id, m.customer_id) as customer_id, m.sent_at
    from '{log}' m left join past_id p on m.customer_id = p.past_customer_id
    where m.sent_at < {as_of} - interval 7 days and m.sent_at >= {as_of} - interval 97 days and journey = 'j4'
        and state in ('SENDING', 'ACCEPTED', 'UNKNOWN', 'DELIVERED', 'BOUNCED', 'COMPLAINED', 'QUARANTINED')
)
select journey
from past left join marts.fct_orders o on past.customer_id = o.customer_id and o.is_valid
    and o.ordered_at > past.sent_at and o.ordered_at <= past.sent_at + interval 7 days
group by journey
having count(distinct message_id) >= {min_messages}
    and coalesce(sum(net_amount_minor), 0) < 100 * count(distinct message_id);

-- Gates 1-14 and the sending hours.
create or replace temp table message as
with
    shown as (
        select journey, anchor, customer_id, count(distinct product_id) as n
        from intermediate.int_recommendations__for_candidates semi join candidate using (journey, customer_id, anchor)
        group by all
    ),
    drawn as (
        select customer_id, 'holdout:2026' as salt, null as journey from (select distinct customer_id from candidate)
        union all
        select distinct customer_id, journey as salt, journey from candidate
    ),
    pinned as (
        select coalesce(p.customer_id, b.customer_id) as customer_id, salt,
            arg_min(bucket, (pinned_on, b.customer_id)) as bucket
        from intermediate.int_experiments__buckets b left join past_id p on b.customer_id = p.past_customer_id
        where pinned_on < date '{day}'
        group by all
    ),
    held_out as (
        select customer_id, journey
        from drawn left join pinned using (customer_id, salt)
        where coalesce(
            bucket, ('0x' || substr(md5(salt || ':' || customer_id), 1, 8))::ubigint % 10000
        ) < 500
    ),
    hours as (
        select zone, timezone(zone, date '{day}' + time '09:00') as opens_at, timezone(zone, date '{day}' + time '20:00') as closes_at
        from (values ('Europe/Oslo'), ('Europe/Helsinki')) z(zone)
    ),
    -- Materialised: joins that probe a million rows leave few of them in each vector, and 60 columns on top are dear.
    addressed as materialized (
        select c.*, ch.channel, ch.position as channel_position, cp.address, cp.suppression_id, cp.permission_basis,
            cp.permission_id
        from candidate c
        join staging.stg_templates__journey_step_channels ch using (journey, step)
        left join intermediate.int_customers__contact_points cp
            on c.customer_id = cp.customer_id and ch.channel = cp.channel
    ),
    tested as (
        select c.*,
            substr(sha256(concat_ws(chr(31), 'v1', 'demo', c.journey, c.step, c.channel, c.anchor, c.customer_id)), 1, 32)
                as message_id,
            c.journey || chr(31) || c.step || chr(31) || c.anchor as touch,
            substr(sha256(concat_ws(chr(31), 'v1', 'demo', c.journey, c.step, c.anchor, c.customer_id)), 1, 32) as touch_id,
            e.message_id as earlier_message_id,
            o.order_id, k.case_id,
            coalesce(p.is_erased, false) as g1, c.address is null as g2, c.suppression_id is not null as g3,
            c.permission_basis is null as g4,
            coalesce(p.customer_type, '') <> 'b2c'
            or c.journey = 'j7' and coalesce(p.country, '') not in ('NO', 'SE') as g5,
            e.message_id is not null as g6, c.expires_at <= {as_of} as g7, coalesce(c.goal_reached_at < {as_of}, false) as g8,
            list_filter([
                case when list_contains(c.conditions, 'no_order_since_anchor') and o.ordered_at > c.anchor_at
                    then 'no_order_since_anchor' end,
                case when list_contains(c.conditions, 'cart_not_bought') and ca.bought_order_id is not null
                    then 'cart_not_bought' end,
                case when list_contains(c.conditions, 'reference_product_in_stock') and not coalesce(pr.is_in_stock, false)
                    then 'reference_product_in_stock' end,
                case when not c.still_holds then 'anchor_holds' end
            ], lambda x: x is not null) as failed_conditions,
            len(failed_conditions) > 0 as g9, k.case_id is not null as g10,
            coalesce(c.offer_kind = 'first_purchase', false) and o.order_id is not null as g11,
            w.journey is not null or (c.min_recommendations > 0 and coalesce(r.n, 0) < c.min_recommendations) as g12,
            u.customer_id is not null or j.customer_id is not null as g13, c.journey = 'j9' as g14,
            greatest(c.due_at, h.opens_at) as earliest_at,
            case when c.expires_at > {as_of} then least(h.closes_at, c.expires_at) else h.closes_at end as closes_at
        from addressed c
        left join person p using (customer_id)
        left join earlier e
            on c.customer_id = e.customer_id and c.journey = e.journey and c.step = e.step and c.anchor = e.anchor
            and c.channel = e.channel
        left join last_order o on c.customer_id = o.customer_id
        left join (select customer_id, min(case_id) as case_id from intermediate.int_service__open_cases group by all) k
            on c.customer_id = k.customer_id
        left join marts.fct_carts ca on c.reference_cart_id = ca.cart_id
        left join marts.dim_products pr on c.reference_product_id = pr.product_id
        left join shown r on c.journey = r.journey and c.anchor = r.anchor and c.customer_id = r.customer_id
        left join worthless w on c.journey = w.journey
        left join held_out u on c.customer_id = u.customer_id and u.journey is null
        left join held_out j on c.customer_id = j.customer_id and c.journey = j.journey
        join hours h on coalesce(p.timezone, 'Europe/Oslo') = h.zone
    )
select * exclude (
        conditions, offer_kind, min_recommendations, recommendation_slots, goal_reached_at, reference_order_id,
        reference_product_id, reference_cart_id, still_holds, visited_at, anchor_at
    ), not (g1 or g2 or g3 or g4 or g5 or g6 or g7 or g8 or g9 or g10 or g11 or g12) as is_eligible,
    is_eligible and not (g13 or g14) as passes_14
from tested;

insert into by_hand.buckets
select salt, customer_id, ('0x' || substr(md5(salt || ':' || customer_id), 1, 8))::ubigint % 10000, date '{day}'
from (
    select distinct customer_id, unnest(['holdout:2026', journey]) as salt from message where is_due and is_eligible
)
anti join (
    select coalesce(p.customer_id, b.customer_id) as customer_id, salt
    from intermediate.int_experiments__buckets b left join past_id p on b.customer_id = p.past_customer_id
    where pinned_on <= date '{day}'
) using (salt, customer_id);

-- Quarantine: the newest touches of each customer and rule, then for each message the one that fills the rule.
create or replace temp table blocked as
with
    concerned as (
        select sent.* from sent semi join candidate using (customer_id)
    ),
    counted as (
        select 1 as rule, customer_id, touch, max(sent_at) as sent_at, arg_max(message_id, (sent_at, message_id)) as id
        from concerned where class = 'post_purchase' group by all
        union all
        select case channel when 'email' then 3 else 4 end, customer_id, touch, sent_at, message_id
        from concerned where class in ('post_purchase', 'lifecycle', 'newsletter')
    ),
    newest as (
        select customer_id, rule, max({{'sent_at': sent_at, 'id': id, 'touch': touch}}, 5) as touches from counted group by all
    ),
    ruled as (
        select * from (values
            (1, 1, 'post_purchase_48h', 1, 48), (2, 1, 'newsletter_48h', 1, 48), (3, 3, 'email_7d', 4, 168),
            (4, 4, 'sms_30d', 4, 720)
        ) r(position, rule, name, most, hours)
    ),
    full_rules as (
        select message_id, position, name, nth.id as blocked_by, nth.sent_at + to_hours(hours) as free_at
        from (
            select m.message_id, r.position, r.name, r.hours,
                list_filter(n.touches, lambda t: t.touch <> m.touch)[r.most] as nth
            from message m
            join newest n using (customer_id)
            join ruled r on n.rule = r.rule and case r.position
                when 1 then m.class = 'post_purchase' when 2 then m.class = 'newsletter'
                when 3 then m.channel = 'email' else m.channel = 'sms' end
        )
        where nth is not null
        union all
        select m.message_id, -1, 'own_frequency', nth.id, nth.sent_at + to_days(7)
        from (
            select m.message_id, max({{'sent_at': s.sent_at, 'id': s.message_id}}, 2)[2] as nth
            from message m
            join staging.stg_consent__preferences w on m.address = w.address and m.channel = w.channel
            join concerned s on m.customer_id = s.customer_id and m.channel = s.channel and m.touch <> s.touch
            group by all
        ) m
        where nth is not null
    )
select message_id, max(b.free_at) as free_at,
    list(name order by position) filter (b.is_broken) as broken_rules,
    list(blocked_by order by position) filter (b.is_broken) as broken_by,
    max(b.free_at) filter (b.is_broken) as until_at
from (
    select f.*, f.free_at >= case when m.earliest_at < m.closes_at then m.closes_at else {next_as_of} end as is_broken
    from full_rules f join message m using (message_id)
) b
group by message_id;

create or replace temp table timed as
select m.*, b.broken_rules, b.broken_by, b.until_at, coalesce(len(b.broken_rules), 0) > 0 as g15,
    not (m.earliest_at < m.closes_at) as g19,
    case when greatest(m.earliest_at, b.free_at) < m.closes_at then greatest(m.earliest_at, b.free_at) end as possible_at
from message m left join blocked b using (message_id);

create or replace temp table reserved as
with
    ruled as (
        select * from (values
            (1, 'post_purchase', 'post_purchase', null, 48, 1), (2, 'newsletter', 'post_purchase', null, 48, 1),
            (3, null, null, 'email', 168, 4), (4, null, null, 'sms', 720, 4)
        ) r(position, heavy, light, channel, hours, most)
    ),
    light as (
        select message_id, customer_id, touch, class, channel, priority, coalesce(possible_at, earliest_at) as goes_at
        from timed where is_due and yields
    ),
    pairs as (
        select distinct l.message_id, l.customer_id, l.touch, h.touch as heavy_touch, h.due_at, r.position, r.hours, r.most,
            {{'touch': h.touch_id, 'journey': h.journey, 'step': h.step, 'due_at': h.due_at}} as kept_for
        from light l
        join (from timed where passes_14) h
            on l.customer_id = h.customer_id and l.priority > h.priority and l.goes_at < h.due_at and l.touch <> h.touch
        join ruled r
            on coalesce(r.heavy = h.class, true) and coalesce(r.light = l.class, true)
            and coalesce(r.channel = h.channel and r.channel = l.channel, true)
            and h.due_at < l.goes_at + to_hours(r.hours)
    ),
    full_rules as (
        select p.message_id, p.kept_for, p.due_at
        from pairs p
        left join sent s
            on p.customer_id = s.customer_id and s.touch <> p.touch and s.touch <> p.heavy_touch
            and s.sent_at > p.due_at - to_hours(p.hours)
            and case p.position when 3 then s.channel = 'email' when 4 then s.channel = 'sms' else s.class = 'post_purchase' end
        group by p.message_id, p.kept_for, p.due_at, p.position, p.most
        having count(distinct case when p.position > 2 then s.message_id else s.touch end) + 1 >= p.most
    )
select message_id, arg_min(kept_for, (due_at, kept_for.touch)) as reserved_for from full_rules group by message_id;

-- Arbitration, one message per address, and the ledger.
insert into by_hand.ledger
with
    due as (
        select t.*, r.reserved_for, r.message_id is not null as g16,
            {{'priority': t.priority, 'due_at': t.due_at, 'journey': t.journey, 'anchor': t.anchor, 'step': t.step}} as rank,
            t.passes_14 and not t.g15 and r.message_id is null as passes_16
        from timed t left join reserved r using (message_id)
        where t.is_due and not (t.g6 and t.g7)
    ),
    winner as (
        select customer_id, arg_min(touch, rank) as touch from due where passes_16 group by all
    ),
    winning as (
        select w.customer_id, w.touch, arg_min(d.message_id, d.channel_position) as message_id
        from winner w join due d on w.customer_id = d.customer_id and w.touch = d.touch and d.passes_16
        group by all
    ),
    keeper as (
        select d.channel, d.address, arg_min(d.message_id, {{'rank': d.rank, 'customer_id': d.customer_id}}) as message_id
        from due d join winning w on d.customer_id = w.customer_id and d.touch = w.touch
        where d.passes_16
        group by all
    ),
    judged as (
        select d.*,
            case when d.passes_16 and w.touch <> d.touch then w.message_id end as winner_message_id,
            case when d.passes_16 and w.touch = d.touch and k.message_id <> d.message_id then k.message_id end as kept_by,
            list_filter([
                case when g1 then 'ERASED' end, case when g2 then 'NO_ADDRESS' end, case when g3 then 'ADDRESS_SUPPRESSED' end,
                case when g4 then 'NO_PERMISSION' end, case when g5 then 'WRONG_AUDIENCE' end,
                case when g6 then 'ALREADY_SENT' end, case when g7 then 'EXPIRED' end, case when g8 then 'GOAL_REACHED' end,
                case when g9 then 'CONDITION_FAILED' end, case when g10 then 'OPEN_SERVICE_CASE' end,
                case when g11 then 'OFFER_GUARD' end, case when g12 then 'NOTHING_TO_SAY' end, case when g13 then 'HOLDOUT' end,
                case when g14 then 'PAUSED' end, case when g15 then 'QUARANTINED' end, case when g16 then 'RESERVED' end,
                case when d.passes_16 and w.touch <> d.touch then 'OUTRANKED' end,
                case when d.passes_16 and w.touch = d.touch and k.message_id <> d.message_id then 'DUPLICATE_ADDRESS' end,
                case when g19 then 'OUTSIDE_WINDOW' end
            ], lambda x: x is not null) as failed_gates
        from due d
        left join winning w on d.customer_id = w.customer_id
        left join keeper k on d.channel = k.channel and d.address = k.address
    )
select date '{day}', message_id, customer_id, journey, step, channel, class, anchor, branch, priority, due_at, expires_at,
    coalesce(r.decision, 'send'), failed_gates[1], failed_gates,
    case when failed_gates[1] = 'OUTRANKED' then winner_message_id end, case when g15 then broken_rules[1] end,
    null, null, permission_basis, permission_id, case when failed_gates[1] is null then possible_at end,
    '{{' || concat_ws(
        ',',
        '"trigger":' || evidence,
        '"order":' || to_json(case when g9 or g11 then order_id end),
        '"service_case":' || to_json(case when g10 then case_id end),
        '"suppression":' || to_json(suppression_id),
        '"permission":' || to_json(permission_id),
        '"earlier_message":' || to_json(earlier_message_id),
        '"conditions":' || to_json(case when g9 then failed_conditions end),
        '"rules":' || to_json(broken_rules),
        '"counted_messages":' || to_json(broken_by),
        '"quarantined_until":' || to_json(case when g15 then until_at end),
        '"reserved_for":' || to_json(reserved_for),
        '"kept_by_message":' || to_json(kept_by)
    ) || '}}',
    'v', touch_id, received_on
from judged left join seeds.decision_reasons r on judged.failed_gates[1] = r.reason;

-- The newsletter exclusion list.
insert into by_hand.exclusions
with
    heard as (
        select customer_id, message_id, class, channel, touch, sent_at from sent
        union all
        select customer_id, message_id, class, channel, journey || chr(31) || step || chr(31) || anchor, send_at
        from by_hand.ledger where decision = 'send'
    ),
    point as (select * from intermediate.int_customers__contact_points where channel = 'email'),
    filled as (
        select customer_id, 2 as position, 'newsletter_48h' as name, max(sent_at) + interval 48 hours as until_at
        from heard where class = 'post_purchase' and sent_at > {as_of} - interval 48 hours group by all
        union all
        select customer_id, 3, 'email_7d', max(sent_at, 4)[4] + interval 168 hours
        from heard where channel = 'email' and class <> 'service' and sent_at > {as_of} - interval 168 hours group by all
        union all
        select p.customer_id, -1, 'own_frequency', max(h.sent_at, 2)[2] + to_days(7)
        from staging.stg_consent__preferences w
        join point p on w.address = p.address and w.channel = 'email'
        join heard h on p.customer_id = h.customer_id and h.channel = 'email' and h.class <> 'service'
        group by all
    ),
    longest as (
        select customer_id, arg_max(name, (until_at, -position)) as name, max(until_at) as until_at
        from filled where until_at > {as_of} group by all
    )
select date '{day}', customer_id, p.address, longest.name, until_at
from longest left join point p using (customer_id);
