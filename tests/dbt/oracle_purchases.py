"""What a run knows of orders and their returns, in plain Python from delivered rows: what RFM and tiles count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")


DAY = timedelta(days=1)


FUEL = {"petrol"}


@dataclass(frozen=True)
class Event:
    """Something that happened on a local day and was told on another."""

    happened_on: date
    told_on: date
    amount: int = 0


@dataclass(frozen=True)
class Order:
    order_id: str
    customer_id: str | None
    bought: Event
    cancelled: Event | None
    refunds: tuple[Event, ...]
    n_items: float


def local_day(instant: datetime) -> date:
    return instant.astimezone(OSLO).date()


def minor(amount: Any) -> int:
    return round(amount * 100)


def orders_known(
    rows: Mapping[str, Sequence[Mapping[str, Any]]], persons: Mapping[str, str], run_date: date
) -> list[Order]:
    """Every order that a run of `run_date` may know."""
    found: list[Order] = []
    for source, key, orders, lines in (
        ("webshop", "order_id", "webshop/orders", "webshop/order_lines"),
        ("pos", "receipt_id", "pos/receipts", "pos/receipt_lines"),
    ):
        versions: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for row in rows[orders]:
            instant = row["updated_at"] if source == "webshop" else row["sold_at"]
            if row["received_on"] <= run_date and local_day(instant) < run_date:
                versions[row[key]].append(row)
        for identifier, told in versions.items():
            first = min(told, key=lambda row: row["received_on"])
            own_lines = {
                row["line_number"]: row
                for row in rows[lines]
                if row[key] == identifier and row["received_on"] <= run_date
            }
            refunds = [
                row
                for row in rows[f"{source}/returns"]
                if row[key] == identifier
                and row["line_number"] in own_lines
                and row["received_on"] <= run_date
                and local_day(row["returned_at"]) < run_date
            ]
            cancellations = [row for row in told if row.get("status") == "cancelled"]
            record = f"webshop:{first['account_id']}" if source == "webshop" else f"pos:{first['pos_customer_id']}"
            bought_on = local_day(first["placed_at"] if source == "webshop" else first["sold_at"])
            gross = sum(minor(line["line_amount"]) for line in own_lines.values())
            found.append(
                Order(
                    order_id=f"{source}:{identifier}",
                    customer_id=persons.get(record),
                    bought=Event(bought_on, first["received_on"], gross),
                    cancelled=Event(local_day(cancellations[0]["updated_at"]), cancellations[0]["received_on"])
                    if cancellations
                    else None,
                    refunds=tuple(
                        Event(local_day(row["returned_at"]), row["received_on"], minor(row["amount"]))
                        for row in refunds
                    ),
                    n_items=sum(
                        _items(line, sum(r["quantity"] for r in refunds if r["line_number"] == n))
                        for n, line in own_lines.items()
                    ),
                )
            )
    return found


def _items(line: Mapping[str, Any], returned: float) -> float:
    kept = line["quantity"] - returned
    if line["product_id"] in FUEL:
        return 1.0 if kept > 0 else 0.0
    return float(kept)
