"""Who bought what where: every real basket is given one person of its household and one channel.

The outcome is the table `baskets` (one row per basket, with person and channel), from which orders,
receipts, web sessions and the systems' records of people are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from assets.demo.people import Household, Person
from assets.demo.source import source_file


@dataclass(frozen=True, slots=True)
class Habits:
    """What one person bought, as far as it decides which systems know them."""

    n_web: int
    n_store: int
    first_web_at: datetime | None
    first_store_at: datetime | None
    last_at: datetime


def read_households(con: duckdb.DuckDBPyConnection) -> list[Household]:
    """The households of the working database, with the demographics that are known of some."""
    rows = con.execute(
        f"""
        select household_id, count(*), any_value(nullif(age, 'NaN')),
            any_value(try_cast(left(household_size, 1) as integer)),
            any_value(try_cast(left(kids_count, 1) as integer))
        from source_baskets
        left join read_parquet('{source_file("demographics")}') using (household_id)
        group by household_id
        order by household_id
        """
    ).fetchall()
    return [Household(*row) for row in rows]


def assign_baskets(con: duckdb.DuckDBPyConnection, people: list[Person]) -> dict[str, Habits]:
    """Create `people` and `baskets`, and tell each buyer's habits.

    About 30 % of the baskets are webshop orders. A tenth of the households buys almost everything
    online, a fifth nothing; fuel is only sold at the pump.
    """
    register(
        con,
        "people",
        [
            {
                "person_id": p.person_id,
                "household_id": p.household_id,
                "share_from": p.share_from,
                "share_to": p.share_to,
                "country": p.country,
                "is_company": p.is_company,
            }
            for p in people
        ],
        pa.schema(
            {
                "person_id": pa.string(),
                "household_id": pa.int64(),
                "share_from": pa.float64(),
                "share_to": pa.float64(),
                "country": pa.string(),
                "is_company": pa.bool_(),
            }
        ),
    )
    con.execute(
        """
        create table baskets as
        with taste as (
            select household_id, unit('webshop taste|' || household_id) as taste
            from source_baskets
            group by household_id
        )
        select b.*, p.person_id, p.country, p.is_company,
            case
                when b.has_fuel then 'store'
                when unit('channel|' || b.basket_id) < case
                    when taste < 0.1 then 0.85
                    when taste < 0.3 then 0.01
                    else 0.22 + 0.16 * unit('webshop share|' || b.household_id)
                end then 'webshop'
                else 'store'
            end as channel
        from source_baskets b
        join taste using (household_id)
        join people p
            on p.household_id = b.household_id
            and unit('buyer|' || b.basket_id) >= p.share_from
            and unit('buyer|' || b.basket_id) < p.share_to
        order by b.sold_at, b.basket_id
        """
    )
    rows = con.execute(
        """
        select person_id,
            count(*) filter (channel = 'webshop'), count(*) filter (channel = 'store'),
            min(sold_at) filter (channel = 'webshop'), min(sold_at) filter (channel = 'store'),
            max(sold_at)
        from baskets
        group by person_id
        """
    ).fetchall()
    return {row[0]: Habits(*row[1:]) for row in rows}


def register(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    """Copy Python rows into a table of the working database, typed."""
    con.register("incoming", pa.Table.from_pylist(rows, schema=schema))
    con.execute(f"create table {table} as select * from incoming")
    con.unregister("incoming")
