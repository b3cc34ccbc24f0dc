"""What happens to products that customers had their eyes on: sold out and back, few left, cheaper, a successor.

All synthetic. The catalogue's own daily changes strike any of ninety thousand products; these strike those that were
looked at shortly before, so that somebody has a reason to hear of them.
"""

from __future__ import annotations

import duckdb

from assets.demo.source import Calendar

# Shares of the looked-at products to which it happens on a day.
CHEAPER, FEW_LEFT, SOLD_OUT = 0.002, 0.002, 0.002
LOOKED_AT_DAYS = 14
DAYS_SOLD_OUT = 2
ARRIVING_SUCCESSORS = 0.5


def make_shelf_news(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """Add versions to `catalogue.products`; needs web sessions and the catalogue."""
    con.execute(
        f"""
        insert into catalogue.products
        with looked_at as (
            select distinct product_id, viewed_at::date as viewed_on
            from session_items join sessions using (session_id)
            where sessions.is_full and sessions.kind <> 'order' and not sessions.is_stranger
        ),
        struck as (
            select distinct received_on, product_id, unit('shelf|' || product_id || received_on) as luck
            from run_days join looked_at
                on viewed_on < received_on and viewed_on >= received_on - {LOOKED_AT_DAYS}
        ),
        news as (
            select product_id, received_on, 0.75 as share_of_price, 20 as stock
            from struck where luck < {CHEAPER}
            union all
            select product_id, received_on, null, 3
            from struck where luck between {CHEAPER} and {CHEAPER + FEW_LEFT}
            union all
            select product_id, received_on + again, null, if(again = 0, 0, 40)
            from struck, (values (0), ({DAYS_SOLD_OUT})) as twice(again)
            where luck between {CHEAPER + FEW_LEFT} and {CHEAPER + FEW_LEFT + SOLD_OUT}
                and received_on + again <= date '{calendar.today}'
        )
        select unnest(product_row(f,
            if(share_of_price is null, null, round(f.list_price * share_of_price, 1)::decimal(18, 2)), stock,
            timezone('Europe/Oslo', received_on::timestamp - interval 1 hour), received_on))
        from news join product_facts f on f.id = product_id
        where f.is_offered
        """
    )
    con.execute(
        f"""
        create table arriving as
        select distinct to_product_id as product_id, date '{calendar.first_run_date}'
            + floor(unit('arrives on|' || to_product_id) * {calendar.days})::integer as received_on
        from catalogue.relations
        where kind = 'successor' and unit('arrives|' || to_product_id) < {ARRIVING_SUCCESSORS}
            and from_product_id in (select product_id from priced_lines)
        """
    )
    con.execute(
        """
        update catalogue.products set availability = 'out_of_stock', stock_quantity = 0
        where id in (select product_id from arriving)
            and received_on = (select min(received_on) from catalogue.products)
        """
    )
    con.execute(
        """
        insert into catalogue.products
        select unnest(product_row(f, null, 60, timezone('Europe/Oslo', received_on::timestamp - interval 3 hour),
            received_on))
        from arriving join product_facts f on f.id = product_id
        """
    )
