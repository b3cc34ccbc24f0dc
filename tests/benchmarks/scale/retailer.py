"""Writes a retailer of any size: whole real households with everything around them, copied under new names.

Scale 1 is about a million customers, 10 million orders, 30 million lines and 50 million web events. The demo's landed
data (2,469 real households, synthetic people and web visits around them) is thinned to ten orders a household, three
lines an order and a third of the visits, and then every row is written once per replica: ids, addresses and numbers are
made the replica's own, instants are moved back by whole days. With `jitter=0` each replica's R, F and M equal the
original's.

A further day is of a named size (`Day`): as many of the replicas have one as give so many orders and web events.

Landing is passed by: rows are written as landing would leave them (typed Parquet), because it is the warehouse that is
measured. The demo's own landing is measured by its days.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from orchestration.settings import Settings
from tests.benchmarks.scale.replicas import IDS, WEB_EVENTS, kept_rows, number_phones, replicate, types_of

HOUSEHOLDS = 2_469
CUSTOMERS_AT_SCALE_1 = 1_000_000


@dataclass(frozen=True)
class Day:
    """A day more, at scale 1: what is delivered between two runs. The demo's own last day would be several times as
    busy at this scale: its replicas all live it within one week."""

    date: date
    orders: int = 10_000
    web_events: int = 50_000


@dataclass(frozen=True)
class Size:
    """What a retailer holds, so that figures can be read: replicas, rows of the large datasets, bytes on disk."""

    replicas: int
    rows: Mapping[str, int]
    bytes: int
    seconds: float

    def __str__(self) -> str:
        rows = ", ".join(f"{n:,} {name}" for name, n in self.rows.items())
        return (
            f"resampled from {HOUSEHOLDS:,} real households, {self.replicas} replicas: {rows}; "
            f"{self.bytes / 1e6:,.0f} MB of Parquet, written in {self.seconds:.0f} s"
        )


def write_base(settings: Settings, today: date, progress: Callable[[str], object]) -> None:
    """The demo retailer's deliveries with all households, landed, in the home of `settings`; once."""
    from assets.demo.generate import write_deliveries
    from assets.landing.land import land_history

    if (settings.home / "base.done").exists():
        return
    write_deliveries(settings.home, today, 2, fraction=1.0, progress=progress)
    land_history(settings, today, progress=progress)
    (settings.home / "base.done").touch()


def write_retailer(
    base: Settings,
    target: Settings,
    scale: float,
    history: range | None = None,
    day: Day | None = None,
    jitter: int = 7,
) -> Size:
    """Write `scale` of a retailer into the raw folder of `target`, from the landed base.

    `history` limits it to those ordinals of `received_on`, `day` to a further day's delivery of that size; without
    them everything is written.
    """
    replicas = max(1, round(scale * CUSTOMERS_AT_SCALE_1 / HOUSEHOLDS))
    days = range(day.date.toordinal(), day.date.toordinal() + 1) if day else history
    started = time.monotonic()
    rows: dict[str, int] = {}
    # Within bounds: a replica's rows are streamed, and the machine is to be left for what is measured.
    limits = {"memory_limit": "2GB", "temp_directory": str(target.home / "tmp")}
    with duckdb.connect(config=limits) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set TimeZone = 'UTC'")
        number_phones(connection, base)
        busy = _busy_replicas(connection, base, scale, day) if day else {}
        for folder in sorted(p for p in base.raw_dir.glob("*/*") if p.is_dir()):
            dataset = f"{folder.parent.name}/{folder.name}"
            for source in sorted(folder.glob("20*.parquet")):
                if days is not None and date.fromisoformat(source.stem).toordinal() not in days:
                    continue
                goal = target.raw_dir / dataset / source.name
                goal.parent.mkdir(parents=True, exist_ok=True)
                copies = min(busy.get(dataset, replicas), replicas) if dataset in IDS else 1
                n = replicate(connection, dataset, source, goal, replicas, copies, jitter)
                rows[dataset] = rows.get(dataset, 0) + n
    size = sum(p.stat().st_size for p in target.raw_dir.rglob("*.parquet"))
    large = {name: n for name, n in rows.items() if name in IDS and n}
    return Size(replicas, large, size, time.monotonic() - started)


def _busy_replicas(connection: duckdb.DuckDBPyConnection, base: Settings, scale: float, day: Day) -> dict[str, int]:
    """How many replicas have a day, by dataset: web events are told by fewer of them than all else. What the provider
    tells comes for all: a day's messages go to everybody."""

    def replicas_for(wanted: int, *datasets: str) -> int:
        n = 0
        for file in (base.raw_dir / dataset / f"{day.date}.parquet" for dataset in datasets):
            if file.exists():
                kept = kept_rows(f"{file.parent.parent.name}/{file.parent.name}", types_of(connection, file))
                n += len(connection.execute(f"select 1 from '{file}' {kept}").fetchall())
        return max(1, round(scale * wanted / n)) if n else 1

    with_orders = replicas_for(day.orders, "webshop/orders", "pos/receipts")
    with_visits = replicas_for(day.web_events, WEB_EVENTS)
    return {dataset: with_orders for dataset in IDS if dataset != "provider/events"} | {WEB_EVENTS: with_visits}
