"""Writes a retailer of any size: whole real households with everything around them, copied under new names.

Scale 1 is about a million customers, 10 million orders, 30 million lines and 50 million web events. The demo's landed
data (2,469 real households, synthetic people and web visits around them) is thinned to ten orders a household, three
lines an order and a third of the visits, and then every row is written once per replica: ids, addresses and numbers are
made the replica's own, instants are moved back by whole days. With `jitter=0` each replica's R, F and M equal the
original's.

Landing is passed by: rows are written as landing would leave them (typed Parquet), because it is the warehouse that is
measured. The demo's own landing is measured by its days.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from orchestration.settings import Settings

HOUSEHOLDS = 2_469
CUSTOMERS_AT_SCALE_1 = 1_000_000

# Of the demo's 63 orders a household and 9.4 lines an order, the sizes that performance targets speak of.
ORDERS_KEPT_PERCENT = 16
LINES_KEPT = 3
VISITS_KEPT_PERCENT = 33

ORDER_KEYS: Mapping[str, str] = {
    "webshop/orders": "order_id",
    "webshop/order_lines": "order_id",
    "webshop/returns": "order_id",
    "logistics/deliveries": "order_id",
    "pos/receipts": "receipt_id",
    "pos/receipt_lines": "receipt_id",
    "pos/returns": "receipt_id",
}

# Columns that must differ between replicas. Everything not named (products, stores, words) is shared by all.
IDS: Mapping[str, tuple[str, ...]] = {
    "club/members": ("member_id",),
    "webshop/accounts": ("account_id", "member_id"),
    "webshop/orders": ("order_id", "account_id"),
    "webshop/order_lines": ("order_id",),
    "webshop/returns": ("return_id", "order_id"),
    "pos/customers": ("pos_customer_id", "member_id"),
    "pos/receipts": ("receipt_id", "pos_customer_id", "member_id"),
    "pos/receipt_lines": ("receipt_id",),
    "pos/returns": ("return_id", "receipt_id"),
    "logistics/deliveries": ("order_id",),
    "tracker/events": ("messageId", "anonymousId", "userId", "cart_id", "order_id"),
    "consent/events": ("event_id",),
    "service/cases": ("case_id", "member_id", "order_id"),
    "loyalty/benefits": ("benefit_id", "member_id"),
    "provider/events": ("event_id", "message_id"),
    "privacy/erasures": ("request_id", "member_id"),
}
EMAILS = ("email", "traits_email")
# `address` is an e-mail address or a telephone, as the channel beside it says.
PHONES = ("phone", "address")


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


def write_retailer(base: Settings, target: Settings, scale: float, days: range | None = None, jitter: int = 7) -> Size:
    """Write `scale` of a retailer into the raw folder of `target`, from the landed base.

    `days` limits it to those ordinals of `received_on` (a further day's delivery); without it everything is written.
    """
    replicas = max(1, round(scale * CUSTOMERS_AT_SCALE_1 / HOUSEHOLDS))
    started = time.monotonic()
    rows: dict[str, int] = {}
    # Within bounds: a replica's rows are streamed, and the machine is to be left for what is measured.
    limits = {"memory_limit": "2GB", "temp_directory": str(target.home / "tmp")}
    with duckdb.connect(config=limits) as connection:
        connection.execute("set preserve_insertion_order = false")
        connection.execute("set TimeZone = 'UTC'")
        _number_phones(connection, base)
        for folder in sorted(p for p in base.raw_dir.glob("*/*") if p.is_dir()):
            dataset = f"{folder.parent.name}/{folder.name}"
            for source in sorted(folder.glob("20*.parquet")):
                if days is not None and date.fromisoformat(source.stem).toordinal() not in days:
                    continue
                goal = target.raw_dir / dataset / source.name
                goal.parent.mkdir(parents=True, exist_ok=True)
                n = _replicate(connection, dataset, source, goal, replicas if dataset in IDS else 1, jitter)
                rows[dataset] = rows.get(dataset, 0) + n
    size = sum(p.stat().st_size for p in target.raw_dir.rglob("*.parquet"))
    large = {name: n for name, n in rows.items() if name in IDS and n}
    return Size(replicas, large, size, time.monotonic() - started)


def _number_phones(connection: duckdb.DuckDBPyConnection, base: Settings) -> None:
    """A dense number for each telephone, so that every replica can have numbers that nobody else has."""
    connection.execute("create table phones (digits varchar, number bigint)")
    sources = [
        f"select {_digits(column)} as digits from read_parquet('{path}/20*.parquet')"
        for path, column in _phone_columns(connection, base)
    ]
    connection.execute(
        "insert into phones select digits, row_number() over (order by digits) "
        f"from ({' union '.join(sources)}) where length(digits) = 8"
    )


def _phone_columns(connection: duckdb.DuckDBPyConnection, base: Settings) -> list[tuple[Path, str]]:
    found = []
    for folder in sorted(base.raw_dir.glob("*/*")):
        files = sorted(folder.glob("20*.parquet"))
        if files:
            names = {row[0] for row in connection.execute(f"describe from '{files[0]}'").fetchall()}
            found += [(folder, name) for name in PHONES if name in names]
    return found


def _replicate(
    connection: duckdb.DuckDBPyConnection, dataset: str, source: Path, goal: Path, replicas: int, jitter: int
) -> int:
    types = {row[0]: row[1] for row in connection.execute(f"describe from '{source}'").fetchall()}
    changed: dict[str, str] = {name: f"{name} || '-' || replica" for name in IDS.get(dataset, ()) if name in types}
    changed |= {name: f"replica || '.' || {name}" for name in EMAILS if name in types}
    changed |= {
        name: f"case when contains({name}, '@') then replica || '.' || {name} else {_phone(name, replicas)} end"
        for name in PHONES
        if name in types
    }
    if jitter:
        for name, kind in types.items():
            if kind == "TIMESTAMP WITH TIME ZONE":
                changed[name] = f"{name} - to_days((replica * 5) % {jitter + 1})"
    if replicas == 1:
        changed = {}
    expressions = ", ".join(f"{changed.get(name, _quoted(name))} as {_quoted(name)}" for name in types)
    kept = [f"md5_number({ORDER_KEYS[dataset]}) % 100 < {ORDERS_KEPT_PERCENT}"] if dataset in ORDER_KEYS else []
    if dataset == "tracker/events":
        kept += [f'md5_number("anonymousId" || "timestamp"::date) % 100 < {VISITS_KEPT_PERCENT}']
    kept += [f"line_number <= {LINES_KEPT}"] if "line_number" in types else []
    where = f"where {' and '.join(kept)}" if kept else ""
    # Numbers are looked up before the rows are multiplied: afterwards the join would hold every replica's.
    numbered = "".join(
        f" left join phones as {name}_number on {name}_number.digits = {_digits(_quoted(name))}"
        for name in PHONES
        if name in types
    )
    numbers = "".join(f", {name}_number.number as {name}_number" for name in PHONES if name in types)
    row = connection.execute(
        f"copy (select {expressions} "
        f"from (select source.*{numbers} from (from '{source}' {where}) as source{numbered}) as base, "
        f"range({replicas}) as r(replica)) to '{goal}' (format parquet, compression zstd)"
    ).fetchone()
    return int(row[0]) if row else 0


def _phone(column: str, replicas: int) -> str:
    """The replica's own number in the place of an old one, with or without the country code as before."""
    number = f"{column}_number * {replicas} + replica"
    return (
        f"case when {column} is null then null else case when starts_with({column}, '+47') then '+47' else '' end || "
        f"cast(40000000 + ({number}) % 10000000 + 50000000 * ((({number}) // 10000000) % 2) as varchar) end"
    )


def _digits(column: str) -> str:
    return f"right(regexp_replace({column}, '\\D', '', 'g'), 8)"


def _quoted(name: str) -> str:
    return f'"{name}"'
