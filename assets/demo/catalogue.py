"""The catalogue feed: all real products with readable titles, prices, stock and relations.

Prices follow the median of what was really paid per piece; stock, brands and sales prices are
synthetic. The 27 campaigns are the real ones, moved with the purchases.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from assets.demo.assign import register
from assets.demo.dice import Dice
from assets.demo.groups import ACCESSORIES, GROUPS, NOT_OFFERED, REPLENISH_AFTER_DAYS
from assets.demo.source import NOK_PER_DOLLAR, Calendar, midnight, source_file
from assets.demo.titles import HOUSE_BRAND, brand_name, category_name, metric_size, slug, type_name

SHOP = "https://shop.example"


def product_group(category: str, product_type: str, department: str) -> str:
    """The curated group of a product, else the slug of its category."""
    if department == "FUEL":
        return "fuel"
    for group, (categories, fragments) in GROUPS.items():
        if category in categories or any(fragment in product_type for fragment in fragments):
            return group
    return slug(category)


def make_catalogue(con: duckdb.DuckDBPyConnection, dice: Dice, calendar: Calendar) -> None:
    """Create `catalogue.products`, `catalogue.relations` and `catalogue.campaigns`."""
    con.execute("create schema catalogue")
    _describe_types(con, dice)
    _products(con, midnight(calendar.initial_day))
    _daily_changes(con)
    _relations(con)
    _campaigns(con, calendar)


def _describe_types(con: duckdb.DuckDBPyConnection, dice: Dice) -> None:
    """Words are made once per type, size and manufacturer, not once per product."""
    rows: list[dict[str, Any]] = []
    for department, category, kind in con.execute(
        "select distinct department, product_category, product_type from source_products order by all"
    ).fetchall():
        group = product_group(category, kind, department)
        steps = (department, category, kind)
        rows.append(
            {
                "department": department, "product_category": category, "product_type": kind,
                "product_group": group, "type_name": type_name(kind, category),
                "path": " > ".join(category_name(step) for step in steps),
                "is_offered": group not in NOT_OFFERED,
                "replenish_after_days": REPLENISH_AFTER_DAYS.get(group),
            }
        )  # fmt: skip
    text, whole = pa.string(), pa.int32()
    register(con, "type_words", rows, pa.schema(
        {"department": text, "product_category": text, "product_type": text, "product_group": text,
         "type_name": text, "path": text, "is_offered": pa.bool_(), "replenish_after_days": whole}
    ))  # fmt: skip
    sizes = con.execute(
        "select package_size, product_type, min(department) from source_products"
        " where package_size is not null group by all order by all"
    ).fetchall()
    register(
        con, "size_words",
        [{"package_size": s, "product_type": t, "size": metric_size(s, t, d)} for s, t, d in sizes],
        pa.schema({"package_size": text, "product_type": text, "size": text}),
    )  # fmt: skip
    makers = con.execute("select distinct manufacturer_id, brand from source_products order by all").fetchall()
    register(
        con, "brand_words",
        [{"manufacturer_id": m, "brand": b, "brand_name": brand_name(dice, m, b)} for m, b in makers],
        pa.schema({"manufacturer_id": pa.int64(), "brand": text, "brand_name": text}),
    )  # fmt: skip


def _products(con: duckdb.DuckDBPyConnection, listed_at: datetime) -> None:
    con.execute(
        f"""
        create table product_facts as
        with paid as (
            select product_id, median((sales_value + retail_disc + coupon_match_disc) / quantity) as price
            from read_parquet('{source_file("transactions")}')
            where quantity between 1 and 200 and sales_value > 0
            group by product_id
        ),
        usual as (
            select product_type, median(price) as price
            from paid join source_products using (product_id) group by product_type
        )
        select p.product_id::varchar as id, w.*, b.brand_name, s.size, p.manufacturer_id,
            greatest(round(coalesce(paid.price, usual.price, 3.99) * {NOK_PER_DOLLAR}, 1), 1.0)
                ::decimal(18, 2) as list_price,
            unit('stock|' || p.product_id) as luck
        from source_products p
        join type_words w using (department, product_category, product_type)
        join brand_words b using (manufacturer_id, brand)
        left join size_words s using (package_size, product_type)
        left join paid on paid.product_id = p.product_id
        left join usual on usual.product_type = p.product_type
        """
    )
    con.execute(
        """
        create macro product_row(f, sale, stock, updated_at, received_on) as {
            'id': f.id,
            'title': f.brand_name || ' ' || f.type_name || coalesce(' ' || f.size, ''),
            'description': upper(f.type_name[1]) || f.type_name[2:] || ' from ' || f.brand_name
                || coalesce(', ' || f.size, '') || '. (Synthetic description.)',
            'link': 'https://shop.example/p/' || f.id,
            'image_link': 'https://shop.example/images/' || f.id || '.jpg',
            'availability': case when not f.is_offered or stock = 0 then 'out_of_stock'
                else 'in_stock' end,
            'price': format('{:.2f} NOK', f.list_price),
            'sale_price': if(sale is null, null, format('{:.2f} NOK', sale)),
            'sale_price_effective_date': if(sale is null, null,
                strftime(updated_at at time zone 'UTC', '%Y-%m-%dT%H:%MZ') || '/'
                || strftime((updated_at + interval 7 day) at time zone 'UTC', '%Y-%m-%dT%H:%MZ')),
            'brand': f.brand_name, 'gtin': null::varchar, 'product_type': f.path,
            'item_group_id': 'G' || f.manufacturer_id || '-' || f.product_group,
            'product_group': f.product_group, 'stock_quantity': if(f.is_offered, stock, 0),
            'replenish_after_days': f.replenish_after_days,
            'updated_at': updated_at, 'received_on': received_on }
        """
    )
    con.execute(
        f"""
        create table catalogue.products as
        select unnest(product_row(f,
            if(unit('on sale|' || f.id) < 0.02, round(f.list_price * 0.85, 1)::decimal(18, 2), null),
            if(luck < 0.05, 0, 1 + (luck * luck * 180)::integer),
            '{listed_at.isoformat()}'::timestamptz - interval 2 hour,
            ('{listed_at.isoformat()}'::timestamptz + interval 12 hour)::date))
        from product_facts f
        """
    )


def _daily_changes(con: duckdb.DuckDBPyConnection) -> None:
    """Every evening some products are sold out or back, and some get a week's sales price."""
    con.execute(
        """
        insert into catalogue.products
        with changed as (
            select f, received_on, unit('changes|' || f.id || received_on) as luck,
                timezone('Europe/Oslo', received_on::timestamp - interval 2 hour) as updated_at
            from product_facts f, run_days
            where luck > 0.35 and unit('changes|' || f.id || received_on) < 0.003
        )
        select unnest(product_row(f,
            if(luck < 0.001, round(f.list_price * 0.8, 1)::decimal(18, 2), null),
            if(luck > 0.0022, 0, 1 + (luck * 40000)::integer), updated_at, received_on))
        from changed
        """
    )


def _relations(con: duckdb.DuckDBPyConnection) -> None:
    """Accessory groups from the curated map; successors and matching items from the same shelf."""
    register(
        con, "accessory_map",
        [{"from_group": f, "to_group": t, "rank": i + 1}
         for f, targets in ACCESSORIES.items() for i, t in enumerate(targets)],
        pa.schema({"from_group": pa.string(), "to_group": pa.string(), "rank": pa.int32()}),
    )  # fmt: skip
    con.execute(
        """
        create table catalogue.relations as
        with neighbours as (
            select id, product_group, lead(id) over shelf as next_id, lead(id, 2) over shelf as second_id
            from product_facts
            where is_offered
            window shelf as (partition by product_group, manufacturer_id order by id::bigint)
        ),
        related as (
            select 'accessory' as kind, from_group, null::varchar as from_product_id, to_group,
                null::varchar as to_product_id, rank
            from accessory_map
            union all
            select 'successor', null, id, null, next_id, 1
            from neighbours where next_id is not null and unit('succeeds|' || id) < 0.01
            union all
            select 'matching', null, id, null, second_id, 1
            from neighbours where second_id is not null and unit('matches|' || id) < 0.02
        )
        select related.*, received_on
        from related, whole_table_days
        """
    )


def _campaigns(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> None:
    """The real campaigns; each is about the group that most of its coupons are for."""
    con.execute(
        f"""
        create table catalogue.campaigns as
        with about as (
            select campaign_id, product_group, count(*) as n
            from read_parquet('{source_file("coupons")}')
            join product_facts on id = product_id::varchar
            where is_offered
            group by campaign_id, product_group
            qualify row_number() over (partition by campaign_id order by n desc, product_group) = 1
        )
        select 'C' || lpad(campaign_id::varchar, 2, '0') as campaign_id,
            campaign_type || ' campaign ' || campaign_id as name,
            (start_date + interval {calendar.offset_days} day)::date as starts_on,
            (end_date + interval {calendar.offset_days} day)::date as ends_on,
            product_group,
            -- A few campaigns are about the house brand only.
            if(campaign_id % 9 = 0, '{HOUSE_BRAND}', null) as brand,
            null::varchar as product_id, received_on
        from read_parquet('{source_file("campaign_descriptions")}')
        left join about using (campaign_id), whole_table_days
        """
    )
