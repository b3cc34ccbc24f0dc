"""Web sessions around the real baskets: bought, abandoned in the cart, or only looked at.

All synthetic. A bought session leads to a real webshop order and adds its lines; abandoned carts and
browse sessions hold products that the same person had bought some days before. Sessions of the last
weeks are told in full, older ones in outline, to keep the volume moderate.
"""

from __future__ import annotations

from datetime import timedelta

import duckdb

from assets.demo.source import Calendar, midnight

FULL_DETAIL_DAYS = 45
ABANDONED_SHARE = 0.07
BROWSE_SHARE = 0.16
AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_0) AppleWebKit/605.1.15 Version/19.0 Safari/605.1.15",
)


def make_web_events(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Create `tracker.events`."""
    con.execute("create schema tracker")
    full_since = midnight(calendar.first_run_date) - timedelta(days=FULL_DETAIL_DAYS - calendar.days)
    _sessions(con, full_since.isoformat())
    _items(con)
    _events(con)


def _sessions(con: duckdb.DuckDBPyConnection, full_since: str) -> None:
    agents = ", ".join(f"'{agent}'" for agent in AGENTS)
    con.execute(
        f"""
        create table sessions as
        with wanted as (
            select 'order' as kind, 'o' || basket_id as session_id, basket_id, person_id, account_id,
                order_id, email, placed_at as ends_at
            from web_orders
            union all
            select 'cart', 'c' || b.basket_id, b.basket_id, b.person_id, l.account_id, null, l.email,
                b.sold_at + to_seconds(
                    (259200 + unit('cart after|' || b.basket_id) * 777600)::bigint)
            from baskets b join links l using (person_id)
            where not b.has_fuel and unit('abandons|' || b.basket_id) < {ABANDONED_SHARE}
                and b.person_id in (select person_id from web_orders)
            union all
            select 'browse', 'b' || b.basket_id, b.basket_id, b.person_id, l.account_id, null, l.email,
                b.sold_at + to_seconds((86400 + unit('browse after|' || b.basket_id) * 950400)::bigint)
            from baskets b join links l using (person_id)
            where not b.has_fuel and unit('browses|' || b.basket_id) < {BROWSE_SHARE}
        ),
        drawn as (
            select *, ends_at >= '{full_since}'::timestamptz as is_full,
                unit('login|' || session_id) as login, unit('device|' || session_id) as device,
                [{agents}] as agents
            from wanted
        )
        select session_id, kind, basket_id, person_id, order_id, ends_at, is_full,
            -- A stranger's device: never tied to a person, as for a third of those who only look.
            kind = 'browse' and login > 0.65 as is_stranger,
            'a' || left(md5(case when kind = 'browse' and login > 0.65 then session_id
                else person_id || if(device < 0.75, 'first', 'second') end), 20) as anonymous_id,
            case when kind = 'order' or login < if(kind = 'cart', 0.6, 0.25) then account_id end
                as account_id,
            case when kind = 'order' or (kind = 'cart' and login < 0.6) then email end as email,
            if(kind = 'browse', null, 'cart-' || left(md5(session_id), 14)) as cart_id,
            agents[1 + floor(device * 4)::integer] as user_agent,
            case when login < 0.12 then 'newsletter' when login < 0.18 then 'search_ad' end as campaign
        from drawn
        """
    )


def _items(con: duckdb.DuckDBPyConnection) -> None:
    """What was looked at and added, at most so many products per session, and when."""
    con.execute(
        """
        create table session_items as
        with ranked as (
            select s.session_id, s.kind, s.is_full, s.ends_at, l.product_id,
                greatest(l.quantity, 1) as quantity,
                f.list_price as price,
                row_number() over (
                    partition by s.session_id order by md5(s.session_id || l.product_id)) as nth
            from sessions s
            join priced_lines l using (basket_id)
            join product_facts f on f.id = l.product_id
            where l.line_amount > 0 and (f.is_offered or s.kind = 'order')
        )
        select *, 12 + (unit('looks|' || session_id || product_id) * unit('reads|' || product_id) * 160)
                ::integer / 2.0 - 10 as duration_s,
            ends_at - to_seconds(150 + nth * 25) as viewed_at
        from ranked
        where nth <= case
            when kind = 'order' then if(is_full, 40, 2)
            when kind = 'cart' then 2 + floor(unit('cart size|' || session_id) * 7)
            else 1 + floor(unit('browse size|' || session_id) * 4)
        end
        """
    )


def _events(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create table told as
        with products as (
            select session_id, to_json(list({'product_id': product_id, 'quantity': quantity, 'price': price}
                order by nth)) as products, sum(price * quantity)::decimal(18, 2) as worth
            from session_items
            group by session_id
        ),
        steps as (
            select session_id, 'page' as type, null as event, min(viewed_at) - interval 8 second as happened_at,
                0 as nth, json_object('url', 'https://shop.example/') as properties
            from session_items where is_full group by session_id
            union all
            select session_id, 'identify', null, ends_at - interval 130 second, 0, null
            from sessions
            where email is not null and (is_full or unit('told|' || session_id) < 0.3)
            union all
            select session_id, 'track', 'Product Viewed', viewed_at, nth, json_object(
                'product_id', product_id, 'url', 'https://shop.example/p/' || product_id,
                'duration_s', round(greatest(duration_s, 0.5), 1))
            from session_items
            where nth <= 6 and (is_full or kind <> 'order' or nth = 1)
            union all
            select session_id, 'track', 'Product Added', viewed_at + interval 10 second, nth, json_object(
                'cart_id', cart_id, 'product_id', product_id, 'quantity', quantity, 'price', price,
                'currency', 'NOK')
            from session_items join sessions using (session_id)
            where cart_id is not null
            union all
            select session_id, 'track', 'Product Removed', s.ends_at - interval 120 second, nth,
                json_object('cart_id', cart_id, 'product_id', product_id, 'quantity', quantity)
            from session_items i join sessions s using (session_id)
            where s.kind = 'cart' and nth = 2 and unit('removes|' || session_id) < 0.25
            union all
            select session_id, 'track', 'Cart Viewed', ends_at - interval 100 second, 0, json_object(
                'cart_id', cart_id, 'url', 'https://shop.example/cart/' || cart_id)
            from sessions
            where cart_id is not null and session_id in (select session_id from products)
                and (is_full or kind = 'cart')
            union all
            select session_id, 'track', 'Checkout Started', ends_at - interval 60 second, 0, json_object(
                'cart_id', cart_id, 'products', products, 'currency', 'NOK',
                'url', 'https://shop.example/checkout/' || cart_id)
            from sessions join products using (session_id)
            where (kind = 'order' and is_full)
                or (kind = 'cart' and unit('checks out|' || session_id) < 0.4
                    and unit('removes|' || session_id) >= 0.25)
            union all
            select session_id, 'track', 'Order Completed', ends_at, 0, json_object(
                'cart_id', cart_id, 'order_id', order_id, 'products', if(is_full, products, null),
                'currency', 'NOK')
            from sessions left join products using (session_id)
            where kind = 'order'
            union all
            select session_id, 'track', 'Products Searched', i.ends_at - interval 900 second, 0,
                json_object('query', lower(split_part(type_name, ' ', 1)))
            from session_items i join product_facts f on f.id = i.product_id
            where nth = 1 and is_full and unit('searches|' || session_id) < 0.2
        )
        select * from steps
        """
    )
    con.execute(
        """
        create table tracker.events as
        select left(md5(session_id || type || coalesce(event, '') || nth), 24) as "messageId",
            type, event, anonymous_id as "anonymousId",
            -- Known only once they have logged in, except for the few who stay logged in.
            if(happened_at >= ends_at - interval 130 second or unit('stays|' || session_id) < 0.3, account_id,
                null) as "userId",
            happened_at as "timestamp", properties,
            case type
                when 'identify' then json_object('userAgent', user_agent,
                    'traits', json_object('email', email))
                when 'page' then json_object('userAgent', user_agent,
                    'page', json_object('url', 'https://shop.example/'),
                    'campaign', if(campaign is null, null, json_object('name', campaign)))
                else json_object('userAgent', user_agent)
            end as context,
            received(happened_at, session_id) as received_on
        from told join sessions using (session_id)
        """
    )
