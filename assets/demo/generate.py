"""Writes the demo retailer's deliveries: the one entrance to the generator.

The order of the steps, what is written where, and the state file that lets a second call leave
everything as it is. What the facts are is the business of the modules it calls.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from assets.demo.assign import assign_baskets, read_households, register
from assets.demo.catalogue import make_catalogue
from assets.demo.datasets import DATASETS, write_dataset
from assets.demo.dice import Dice
from assets.demo.faults import FAULT_TRUTH, write_faults
from assets.demo.outside import make_benefits, make_newsletter_events, make_service_cases
from assets.demo.people import Person, make_people
from assets.demo.permissions import make_consents, make_erasures
from assets.demo.purchases import make_purchases
from assets.demo.records import Records
from assets.demo.registrations import write_records
from assets.demo.shelf_news import make_shelf_news
from assets.demo.source import Calendar, open_source
from assets.demo.web import make_web_events

SEED = 20261122
# Raised whenever the same arguments would give other files, so that old ones are replaced.
GENERATOR_VERSION = 3

Progress = Callable[[str], None]


def write_deliveries(
    home: Path,
    today: date,
    days: int = 14,
    progress: Progress | None = None,
    *,
    fraction: float = 1.0,
    seed: int = SEED,
) -> Path:
    """Write `home/landing/…` for the initial day and `days` run days ending on `today`.

    `fraction` takes a share of the households, for tests. The state is written last: a call that
    finds it complete for the same arguments does nothing, any other call replaces what the earlier
    one wrote and nothing else. Returns the path of the state file.
    """
    say = progress or (lambda _: None)
    state_path = home / "demo" / "state.json"
    calendar = Calendar(today, days)
    arguments: dict[str, Any] = {
        "generator_version": GENERATOR_VERSION,
        "today": today.isoformat(),
        "days": days,
        "seed": seed,
        "fraction": fraction,
        "offset_days": calendar.offset_days,
        "first_run_date": calendar.first_run_date.isoformat(),
        "initial_day": calendar.initial_day.isoformat(),
    }
    old = json.loads(state_path.read_text()) if state_path.exists() else {}
    if _is_complete(home, old, arguments):
        say("the demo's deliveries are complete: nothing to write")
        return state_path
    for name in old.get("files", {}):
        (home / name).unlink(missing_ok=True)
    state_path.unlink(missing_ok=True)

    written = [*_write_all(home, calendar, seed, fraction, say)]
    sizes = {path.relative_to(home).as_posix(): path.stat().st_size for path in sorted(written)}
    state_path.write_text(json.dumps({**arguments, "files": sizes}, indent=1) + "\n")
    say(f"{len(written)} files, {sum(sizes.values()) / 1e6:.0f} MB in {home / 'landing'}")
    return state_path


def _is_complete(home: Path, state: dict[str, Any], arguments: dict[str, Any]) -> bool:
    files: dict[str, int] = state.get("files", {})
    if not files or any(state.get(name) != value for name, value in arguments.items()):
        return False
    # A file may have become smaller or been packed anew since: people are erased from deliveries, too.
    return all((home / name).is_file() for name in files)


def _write_all(home: Path, calendar: Calendar, seed: int, fraction: float, say: Progress) -> list[Path]:
    dice = Dice(seed)
    say("reading a year of real purchases")
    con = open_source(calendar, seed, fraction)
    try:
        people = make_people(dice, read_households(con), calendar.today, calendar.days, fraction)
        records = write_records(dice, people, assign_baskets(con, people), calendar)
        _register_records(con, records)
        say(f"{len(people)} synthetic people in {len(records.truth)} records of three systems")
        make_purchases(con)
        make_catalogue(con, dice, calendar)
        say("catalogue, orders and receipts")
        make_web_events(con, calendar)
        make_shelf_news(con, calendar)
        make_consents(con, dice, records, calendar)
        make_newsletter_events(con, calendar)
        make_service_cases(con, calendar)
        make_benefits(con, calendar)
        make_erasures(con, dice, records, calendar)
        say("web sessions, consents, newsletters and service cases (synthetic)")
        written = []
        for dataset in DATASETS:
            files = write_dataset(con, dataset, home / "landing", calendar.initial_day, calendar.today)
            written.extend(files)
            say(f"{dataset.source}/{dataset.name}: {len(files)} deliveries")
        written.extend(write_faults(home / "landing", calendar))
        written.append(_write_truth(con, home, people, records))
        return written
    finally:
        con.close()


def _register_records(con: duckdb.DuckDBPyConnection, records: Records) -> None:
    """The records as delivery tables, and the links that purchases need."""
    text, instant, day = pa.string(), pa.timestamp("s", tz="UTC"), pa.date32()
    register(con, "links", records.links, pa.schema(
        {"person_id": text, "member_id": text, "joined_at": instant, "account_id": text,
         "account_from": instant, "second_account_id": text, "second_account_from": instant,
         "pos_customer_id": text, "email": text, "phone": text}
    ))  # fmt: skip
    types = {"birth_date": day, "children_birth_dates": pa.list_(day)}
    con.execute("create schema club; create schema webshop; create schema pos")
    for table, rows, key in (
        ("club.members", records.members, "member_id"),
        ("webshop.accounts", records.accounts, "account_id"),
        ("pos.customers", records.pos_customers, "pos_customer_id"),
    ):
        schema = pa.schema([(name, types.get(name, instant if name.endswith("_at") else text)) for name in rows[0]])
        register(con, "versions", rows, schema)
        con.execute(f"create table {table} as select *, received(updated_at, {key}) as received_on from versions")
        con.execute("drop table versions")


def _write_truth(con: duckdb.DuckDBPyConnection, home: Path, people: list[Person], records: Records) -> Path:
    """Which person every record really is, guest orders included. Never inside landing."""
    guests = con.execute(
        "select 'webshop_order', order_id, person_id from web_orders where account_id is null"
    ).fetchall()
    household = {person.person_id: person.household_id for person in people}
    rows = sorted([*records.truth, *guests, *FAULT_TRUTH])
    table = pa.table(
        {
            "source": [row[0] for row in rows],
            "source_record_id": [row[1] for row in rows],
            "true_person_id": [row[2] for row in rows],
            "household_id": pa.array([household.get(row[2]) for row in rows], pa.int64()),
        }
    )
    path = home / "demo" / "truth_persons.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)
    return path
