"""Orders, receipts, lines, returns and deliveries: the real baskets as two systems would report them.

A basket keeps its lines, amounts and instant; only the envelope (ids, status, delivery, guest
addresses) is synthetic. Order ids are `W…`, receipt ids `R…`, both followed by the source's basket.
"""

from __future__ import annotations

import duckdb

# The versions of an order: its status, and how long after the order it took it.
STATUSES = """
    (values ('paid', interval '2 minutes'), ('shipped', interval '20 hours'),
            ('completed', interval '3 days')) as s(status, after)
"""


def make_purchases(con: duckdb.DuckDBPyConnection) -> None:
    """Create every purchase table from `baskets`, `source_lines` and `links`."""
    con.execute("create schema logistics")
    _orders(con)
    _receipts(con)
    _lines(con)
    _returns(con)
    _deliveries(con)


def _orders(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create table web_orders as
        with chosen as (
            select b.*, 'W' || b.basket_id as order_id, l.member_id,
                case
                    when b.sold_at >= l.second_account_from then l.second_account_id
                    when b.sold_at >= l.account_from then l.account_id
                end as account_id,
                l.email as own_email, l.phone as own_phone,
                unit('guest slip|' || b.basket_id) as slip,
                unit('delivery|' || b.basket_id) as delivery,
                unit('cancelled|' || b.basket_id) < 0.015 as is_cancelled
            from baskets b
            join links l using (person_id)
            where b.channel = 'webshop'
        )
        select order_id, basket_id, person_id, account_id, sold_at as placed_at, is_cancelled, delivery,
            store_id, amount, n_lines,
            case
                when account_id is not null then case when slip < 0.7 then own_email end
                when slip < 0.07 then null
                when slip < 0.10 then upper(own_email)
                when slip < 0.12 then replace(own_email, '.example', 'x.example')
                when slip < 0.15 then regexp_replace(own_email, '^([^.@]+)[.]', '\\1')
                else own_email
            end as email,
            case
                when account_id is not null then case when slip > 0.8 then own_phone end
                when slip < 0.07 or slip > 0.45 then own_phone
            end as phone,
            case
                when delivery >= 0.6 or amount > 600 then 0
                else 49
            end::decimal(18, 2) as shipping_amount,
            case when has_coupon then 'KUPONG' end as discount_code,
            unit('gift|' || basket_id) < 0.03 as is_gift,
            case when delivery < 0.6 then 'home' when delivery < 0.85 then 'pickup' else 'store' end
                as delivery_method
        from chosen
        """
    )
    con.execute(
        f"""
        create table webshop.orders as
        select w.order_id, w.account_id, w.email, w.phone, w.placed_at,
            case when w.is_cancelled and s.status <> 'paid' then 'cancelled' else s.status end as status,
            'NOK' as currency, (w.amount + w.shipping_amount)::decimal(18, 2) as total_amount,
            w.shipping_amount, w.discount_code, w.is_gift, w.delivery_method,
            case when w.delivery_method <> 'home' then w.store_id::varchar end as store_id,
            w.placed_at + s.after as updated_at,
            -- The first version arrives with the order's lines, although it is paid after midnight.
            received(if(s.status = 'paid', w.placed_at, w.placed_at + s.after), w.basket_id)
                as received_on
        from web_orders w, {STATUSES}
        where not (w.is_cancelled and s.status = 'completed')
        """
    )


def _receipts(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create table pos.receipts as
        select 'R' || b.basket_id as receipt_id, b.store_id::varchar as store_id,
            case when unit('known at till|' || b.basket_id) < 0.85 then l.pos_customer_id end
                as pos_customer_id,
            case when b.sold_at >= l.joined_at and unit('card shown|' || b.basket_id) < 0.8
                then l.member_id end as member_id,
            b.sold_at, 'NOK' as currency, b.amount as total_amount,
            received(b.sold_at, b.basket_id) as received_on
        from baskets b
        join links l using (person_id)
        where b.channel = 'store'
        """
    )


def _lines(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create table priced_lines as
        select s.basket_id, s.line_number, s.product_id::varchar as product_id, s.quantity,
            -- Fuel is sold by the thousandth: its unit price keeps six decimals, or it would be nothing.
            ((s.line_amount + s.discount_amount) / case when s.quantity = 0 then 1 else s.quantity end
            )::decimal(18, 6) as exact_price,
            s.discount_amount, s.line_amount, s.has_coupon, b.channel, b.person_id, s.sold_at,
            received(s.sold_at, s.basket_id) as received_on
        from source_lines s
        join baskets b using (basket_id)
        """
    )
    for table, prefix, key, channel in (
        ("webshop.order_lines", "W", "order_id", "webshop"),
        ("pos.receipt_lines", "R", "receipt_id", "store"),
    ):
        con.execute(
            f"""
            create table {table} as
            select '{prefix}' || basket_id as {key}, line_number, product_id, quantity,
                case when quantity > 200 then exact_price else round(exact_price, 2) end as unit_price,
                discount_amount, line_amount, received_on
            from priced_lines
            where channel = '{channel}'
            """
        )


def _returns(con: duckdb.DuckDBPyConnection) -> None:
    con.execute(
        """
        create table returned as
        select *, sold_at + interval 1 day
            + to_seconds((unit('returned after|' || basket_id || '|' || line_number) * 1100000)::bigint)
            as returned_at,
            case when quantity > 1 and unit('part|' || basket_id || '|' || line_number) < 0.4
                then 1 else quantity end as returned_quantity
        from priced_lines
        where quantity between 1 and 200 and line_amount > 0
            and unit('returned|' || basket_id || '|' || line_number)
                < case channel when 'webshop' then 0.006 else 0.0015 end
        """
    )
    for table, prefix, key, channel in (
        ("webshop.returns", "W", "order_id", "webshop"),
        ("pos.returns", "R", "receipt_id", "store"),
    ):
        con.execute(
            f"""
            create table {table} as
            select 'T{prefix}' || basket_id || '-' || line_number as return_id,
                '{prefix}' || basket_id as {key}, line_number, product_id,
                returned_quantity as quantity,
                round(line_amount * returned_quantity / quantity, 2)::decimal(18, 2) as amount,
                returned_at, received(returned_at, basket_id || '|return') as received_on
            from returned
            where channel = '{channel}'
            """
        )


def _deliveries(con: duckdb.DuckDBPyConnection) -> None:
    """Sent the day after, delivered within three days; one parcel in a hundred comes back."""
    con.execute(
        """
        create table logistics.deliveries as
        with parcels as (
            select order_id, basket_id, placed_at + interval 21 hour as sent_at,
                placed_at + interval 26 hour
                    + to_seconds((unit('on its way|' || basket_id) * 130000)::bigint) as arrived_at,
                unit('comes back|' || basket_id) < 0.01 as comes_back
            from web_orders
            where delivery_method <> 'store' and not is_cancelled
        )
        select order_id, 'in_transit' as status, null::timestamptz as delivered_at,
            sent_at as updated_at, received(sent_at, basket_id || '|sent') as received_on
        from parcels
        union all
        select order_id, if(comes_back, 'returned', 'delivered'),
            if(comes_back, null, arrived_at), arrived_at,
            received(arrived_at, basket_id || '|arrived')
        from parcels
        """
    )
