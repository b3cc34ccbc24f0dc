"""What other systems did: newsletters sent outside Fredning, service cases, loyalty benefits.

Synthetic. The newsletters' events are written in the provider's vocabulary, with machine opens by
mail proxies among the human ones, hard bounces, complaints and unsubscribes; an address that bounced
or unsubscribed gets no later newsletter.
"""

from __future__ import annotations

from datetime import timedelta

import duckdb

from assets.demo.source import Calendar

WEEKS = 12
PROXY_AGENTS = {
    "image_proxy": "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "privacy_proxy": "Mozilla/5.0",
}
HUMAN_AGENT = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148"


def make_newsletter_events(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Create `provider.events`: one newsletter a week, every Thursday at ten."""
    con.execute("create schema provider")
    monday = calendar.today - timedelta(days=calendar.today.weekday())
    first = monday - timedelta(weeks=WEEKS)
    con.execute(
        f"""
        create table newsletter_recipients as
        with issues as (
            select week, timezone('Europe/Oslo',
                    date '{first}' + to_days(7 * week::integer + 3) + interval 10 hour) as starts_at
            from generate_series(0, {WEEKS}) as weeks(week)
        ),
        standing as (
            select week, starts_at, lower(trim(address)) as address,
                arg_max(action, (occurred_at, action)) as action
            from consents join issues on occurred_at < starts_at
            where channel = 'email'
            group by all
        ),
        drawn as (
            select *, 'NL-' || strftime(starts_at, '%G-%V') as campaign_id,
                unit('issue|' || week || address) as luck, unit('fate|' || week || address) as fate,
                unit('habit|' || address) as habit,
                starts_at + to_seconds((unit('slot|' || week || address) * 900)::bigint) as sent_at
            from standing
            -- Inside the run days only a part of the list is served outside.
            where action = 'granted' and (starts_at < '{calendar.initial_day}'::timestamptz
                or unit('served|' || address) < 0.15)
        ),
        fates as (
            select *, case
                when unit('dead address|' || address) < 0.004 then 'hard'
                when fate < 0.003 then 'soft'
                when fate < 0.0034 then 'complained'
                when fate < 0.0055 then 'unsubscribed'
                else 'none'
            end as ending
            from drawn
        )
        select *
        from fates
        qualify coalesce(max(ending in ('hard', 'complained', 'unsubscribed')) over (
            partition by address order by week rows between unbounded preceding and 1 preceding), false)
            = false
        """
    )
    con.execute(
        f"""
        create table provider.events as
        with facts as (
            select week, address, campaign_id, 'sent' as event, sent_at as occurred_at, null as url,
                null as user_agent, null as ip_network, null as bounce_type, null as reason
            from newsletter_recipients
            union all
            select week, address, campaign_id, if(ending in ('hard', 'soft'), 'bounced', 'delivered'),
                sent_at + interval 4 second, null, null, null,
                case when ending in ('hard', 'soft') then ending end,
                case ending when 'hard' then 'mailbox unknown' when 'soft' then 'mailbox full' end
            from newsletter_recipients
            union all
            -- A mail proxy loads every picture at once.
            select week, address, campaign_id, 'opened', sent_at + interval 5 second, null,
                '{PROXY_AGENTS["privacy_proxy"]}', '17.58.0.0/16', null, null
            from newsletter_recipients where habit < 0.2 and ending not in ('hard', 'soft')
            union all
            select week, address, campaign_id, 'opened',
                sent_at + to_seconds(60 + (luck * luck * 900000)::bigint), null, '{HUMAN_AGENT}',
                '84.208.0.0/16', null, null
            from newsletter_recipients
            where luck < 0.08 + habit * 0.35 and ending not in ('hard', 'soft')
            union all
            select week, address, campaign_id, 'clicked',
                sent_at + to_seconds(90 + (luck * luck * 900000)::bigint),
                'https://shop.example/c/week', '{HUMAN_AGENT}', '84.208.0.0/16', null, null
            from newsletter_recipients
            where luck < 0.01 + habit * 0.04 and ending not in ('hard', 'soft')
            union all
            select week, address, campaign_id, ending, sent_at + interval 2 hour, null, null, null, null,
                null
            from newsletter_recipients where ending in ('complained', 'unsubscribed')
        ),
        named as (
            select *, 'N' || left(md5(week || address || event || coalesce(user_agent, '')), 20)
                as event_id
            from facts
        )
        select event_id, occurred_at, 'email' as channel, event, null::varchar as message_id, address,
            campaign_id, 'newsletter' as class, url, user_agent, ip_network, bounce_type, reason,
            received(occurred_at, event_id) as received_on
        from named
        """
    )


def make_service_cases(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Create `service.cases`: about one order in a hundred; most are closed within two weeks."""
    con.execute("create schema service")
    con.execute(
        """
        create table service.cases as
        with cases as (
            select 'S' || w.basket_id as case_id, l.email,
                if(unit('case phone|' || basket_id) < 0.4, l.phone, null) as phone,
                if(unit('case card|' || basket_id) < 0.4, l.member_id, null) as member_id, w.order_id,
                ['delivery', 'quality', 'refund', 'question', 'complaint'][
                    1 + floor(unit('topic|' || basket_id) * 5)::integer] as topic,
                w.placed_at + to_seconds(
                    (40000 + unit('case after|' || basket_id) * 400000)::bigint) as opened_at,
                to_seconds((7200 + unit('case takes|' || basket_id) * 1600000)::bigint) as takes,
                unit('stays open|' || basket_id) < 0.02 as stays_open, basket_id
            from web_orders w
            join links l using (person_id)
            where unit('case|' || basket_id) < 0.012
        )
        select case_id, email, phone, member_id, order_id, topic, opened_at,
            null::timestamptz as closed_at, opened_at as updated_at,
            received(opened_at, basket_id || '|case') as received_on
        from cases
        union all
        select case_id, email, phone, member_id, order_id, topic, opened_at, opened_at + takes,
            opened_at + takes, received(opened_at + takes, basket_id || '|case')
        from cases where not stays_open
        """
    )


def make_benefits(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Create `loyalty.benefits`: a monthly coupon or points for members, used by some."""
    con.execute("create schema loyalty")
    con.execute(
        f"""
        create table loyalty.benefits as
        with months as (
            select unnest(generate_series(date '{calendar.today}' - interval 5 month,
                date '{calendar.today}', interval 1 month)) as month
        ),
        given as (
            select 'B' || strftime(month, '%y%m') || member_id as benefit_id, member_id,
                ['points', 'points', 'coupon', 'free_freight', 'gift'][
                    1 + floor(unit('kind|' || member_id || month) * 5)::integer] as kind,
                unit('used|' || member_id || month) as luck,
                timezone('Europe/Oslo', month + interval 7 hour) as issued_at
            from links, months
            where member_id is not null and joined_at < timezone('Europe/Oslo', month)
                and unit('given|' || member_id || month) < 0.3
        ),
        valued as (
            select benefit_id, member_id, kind,
                if(kind = 'points', null, upper(left(md5(benefit_id), 8))) as code,
                case kind when 'points' then 50 + floor(luck * 400) when 'coupon' then 50
                    when 'gift' then 1 else 49 end::decimal(18, 2) as value,
                issued_at, issued_at + interval 45 day as expires_at, luck
            from given
        )
        select * exclude (luck), null::timestamptz as used_at, issued_at as updated_at,
            received(issued_at, benefit_id) as received_on
        from valued
        union all
        select * exclude (luck), issued_at + to_seconds((luck * 9000000)::bigint),
            issued_at + to_seconds((luck * 9000000)::bigint),
            received(issued_at + to_seconds((luck * 9000000)::bigint), benefit_id)
        from valued where luck < 0.35
        """
    )
