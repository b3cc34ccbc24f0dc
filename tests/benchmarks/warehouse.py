"""The whole warehouse at a scale of its own: dbt against the same statements in plain DuckDB, and one day more.

    make bench SCALE=0.1          (or: python tests/benchmarks/warehouse.py --scale 0.1 --memory 2GB --keep)

In one run, after writing the retailer and a contact log of 20 past messages a customer: (1) the full build of
everything up to the ledger through dbt, as the daily job calls it; (2) every statement of that build once more in plain
DuckDB, on the same file, with the same settings; (3) the next day's delivery, of the size that the target names, with
the messages sent since, and the build again; (4) the daily build of a nearly empty retailer, which is the fixed part.
Reports that are built after the hand-off are in none of them.
Printed are CPU seconds of the process, peak memory and ratios; the tables of dbt and of the plain statements are
compared by their number of rows first.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import time
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from assets.identity.dbt_functions import register
from orchestration.dbt import LATER_SELECTION, build_arguments
from orchestration.dbt_runner import DbtRunner
from orchestration.home import ensure_sources, prepare_home
from orchestration.settings import Settings
from tests.benchmarks.scale.retailer import Day, Size, write_base, write_retailer
from tests.benchmarks.scale.watch import Watch

TODAY = date(2026, 11, 22)
HEAVY_SECONDS = 0.5
PAST_MESSAGES = 20

_PAST = """
    copy (
        select
            md5(customer_id || n) as message_id, cast(sent_at as date) as run_date, customer_id,
            'newsletter_weekly' as journey, 'letter' as step, 'email' as channel,
            case when n % 4 = 0 then 'post_purchase' else 'newsletter' end as class, 'date:past:' || n as anchor,
            null::varchar as experiment, null::varchar as variant, 'ACCEPTED' as state, null::varchar as reason,
            'past' as batch_id, sent_at as send_at, sent_at, sent_at + interval 1 day as expires_at,
            'consent' as permission_basis, 'past' as permission_id, md5(customer_id) as address_key,
            'past' as policy_version
        from (
            select customer_id, n,
                timestamptz '{day} 08:00:00+00' - to_days(1 + (md5_number(customer_id || n) % 400)::integer) as sent_at
            from customers.ids, range({n}) as past(n)
        )
        where sent_at < timestamptz '{until} 00:00:00+00'
        order by sent_at
    ) to '{file}' (format parquet, compression zstd)
"""


@dataclass(frozen=True)
class Node:
    """One model as dbt built it: its statement, and what it took."""

    name: str
    statement: str
    seconds: float


def main() -> None:
    options = _options()
    scale: float = options.scale
    home: Path = options.home
    base = _installation(home / "base")
    write_base(base, TODAY, lambda text: print(f"  {text}"))
    large, empty = _installation(home / f"scale_{scale}"), _installation(home / "empty")
    yesterday = TODAY - timedelta(days=1)
    history = range(yesterday.toordinal() - 1, yesterday.toordinal() + 1)
    size = _deliver(base, large, scale, history)
    _deliver(base, empty, 0.0, history)
    print(f"scale {scale}: {size}")
    _find_customers(large, yesterday, options.memory)
    _send_in_the_past(large, until=yesterday)
    fixed, _ = _build(empty, yesterday, options.memory)
    full, nodes = _build(large, yesterday, options.memory)
    plain, plain_of = _plain(large, nodes, options.memory) if options.plain else (None, {})
    _send_in_the_past(large, until=TODAY)
    print(f"one day more: {write_retailer(base, large, scale, day=Day(TODAY))}")
    day, of_the_day = _build(large, TODAY, options.memory)
    print(f"candidates considered: {_n_candidates(large):,}")
    if options.plain:
        _print_models(nodes, plain_of)
    _print_day(of_the_day, nodes)
    _print_whole(fixed, full, plain, day)
    if not options.keep:
        shutil.rmtree(large.home)
        shutil.rmtree(empty.home)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=float(os.environ.get("SCALE") or 0.02))
    parser.add_argument("--home", type=Path, default=Settings.from_env().home / "bench")
    parser.add_argument("--memory", default="4GB", help="DuckDB's memory limit.")
    parser.add_argument(
        "--no-plain", dest="plain", action="store_false", help="Leave out the plain statements, a third of the time."
    )
    parser.add_argument("--keep", action="store_true", help="Keep the retailer's files.")
    return parser.parse_args()


def _installation(home: Path) -> Settings:
    settings = replace(Settings(), home=home, clock="run_date", secret_key="signs nothing", first_run_date=TODAY)
    home.mkdir(parents=True, exist_ok=True)
    prepare_home(settings)
    return settings


def _deliver(base: Settings, target: Settings, scale: float, days: range) -> Size:
    from assets.messaging.journeys import land_templates

    shutil.rmtree(target.home, ignore_errors=True)
    prepare_home(target)
    size = write_retailer(base, target, scale, history=days)
    ensure_sources(target)
    land_templates(target, date.fromordinal(days[-1]))
    land_templates(target, TODAY)
    return size


def _find_customers(settings: Settings, day: date, memory: str) -> None:
    """Who the customers will be, for the contact log: identity is built once alone, and forgotten again."""
    _build(settings, day, memory, "+int_identity__persons")
    with duckdb.connect(str(settings.home / "customers.duckdb")) as connection:
        connection.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
        connection.execute(
            "create or replace table ids as "
            "select distinct customer_id from warehouse.intermediate.int_identity__persons"
        )
    settings.warehouse_path.unlink()


def _build(settings: Settings, day: date, memory: str, selected: str = "fqn:*") -> tuple[Watch, list[Node]]:
    """The daily job's first dbt step. Raises `SystemExit` when a node failed."""
    settings = replace(settings, memory_limit=memory)
    runner = DbtRunner(settings)
    nodes = runner.parsed.nodes  # parsed before the watch is started
    arguments = build_arguments(
        command="build",
        select=[selected],
        exclude=[LATER_SELECTION],
        run_date=day,
        settings=settings,
    )
    with Watch() as watch:
        results = runner.invoke(arguments)
    for result in results:
        if not result.is_good:
            print(f"  {result.status} at this scale: {result.unique_id}: {result.message}")
    if any(result.status in {"error", "runtime error"} for result in results):
        raise SystemExit("The build failed.")
    return watch, [
        Node(f"{node.schema}.{node.name}", result.statement, result.seconds)
        for result in results
        # Exposures are among the results and build nothing.
        if (node := nodes.get(result.unique_id)) and node.config.materialized in {"table", "incremental"}
    ]


def _plain(settings: Settings, nodes: list[Node], memory: str) -> tuple[Watch, dict[str, tuple[Watch, int]]]:
    """Every statement again, in the order in which dbt built it, without dbt. Returns the sum and each one's cost."""
    costs: dict[str, tuple[Watch, int]] = {}
    total = Watch()
    with duckdb.connect(
        str(settings.warehouse_path),
        config={"memory_limit": memory, "temp_directory": str(settings.home / "tmp"), "checkpoint_threshold": "1GB"},
    ) as connection:
        register(connection)
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set file_search_path = '{settings.home}'")
        connection.execute("create schema scratch")
        for node in nodes:
            with Watch() as watch:
                connection.execute(f"create table scratch.result as {node.statement}")
            found = connection.execute("select count(*) from scratch.result").fetchone()
            kept = connection.execute(f"select count(*) from {node.name}").fetchone()
            if found != kept and "fct_contact_decisions" not in node.name:
                print(f"  {node.name}: {kept} rows by dbt, {found} by the plain statement")
            connection.execute("drop table scratch.result")
            costs[node.name] = (watch, found[0] if found else 0)
            total.wall += watch.wall
            total.cpu += watch.cpu
            total.peak_mb = max(total.peak_mb, watch.peak_mb)
        connection.execute("drop schema scratch")
    return total, costs


def _send_in_the_past(settings: Settings, until: date) -> None:
    """The contact log as a day finds it: what was sent on the days before."""
    file = settings.raw_dir / "outbox" / "contact_log" / "current.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{settings.home / 'customers.duckdb'}' as customers (read_only)")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(_PAST.format(day=TODAY, until=until, n=PAST_MESSAGES, file=file))


def _n_candidates(settings: Settings) -> int:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        found = connection.execute("select count(*) from intermediate.int_decisions__candidates").fetchone()
    return int(found[0]) if found else 0


def _print_models(nodes: list[Node], plain_of: dict[str, tuple[Watch, int]]) -> None:
    print(f"\n{'model':<58}{'rows':>12}{'dbt s':>8}{'plain s':>9}{'ratio':>7}{'cpu s':>8}{'peak MB':>9}")
    heavy = [n for n in nodes if plain_of[n.name][0].wall >= HEAVY_SECONDS]
    for node in sorted(heavy, key=lambda n: -plain_of[n.name][0].wall):
        watch, rows = plain_of[node.name]
        print(
            f"{node.name:<58}{rows:>12,}{node.seconds:>8.2f}{watch.wall:>9.2f}{node.seconds / watch.wall:>7.2f}"
            f"{watch.cpu:>8.2f}{watch.peak_mb:>9.0f}"
        )
    seconds, plain = sum(n.seconds for n in heavy), sum(plain_of[n.name][0].wall for n in heavy)
    if plain:
        print(f"{'heavy models together':<70}{seconds:>8.2f}{plain:>9.2f}{seconds / plain:>7.2f}")


def _print_day(of_the_day: list[Node], nodes: list[Node]) -> None:
    full = {node.name: node.seconds for node in nodes}
    print(f"\n{'models of one day more':<70}{'dbt s':>8}{'full s':>9}{'ratio':>7}")
    for node in sorted(of_the_day, key=lambda n: -n.seconds):
        if node.seconds >= HEAVY_SECONDS:
            ratio = f"{node.seconds / full[node.name]:.2f}" if full.get(node.name) else "-"
            print(f"{node.name:<70}{node.seconds:>8.2f}{full.get(node.name, 0.0):>9.2f}{ratio:>7}")


def _print_whole(fixed: Watch, full: Watch, plain: Watch | None, day: Watch) -> None:
    print(f"\nfixed part (the same build on a nearly empty retailer): {fixed.cpu:.1f} CPU s")
    print(f"full build: {full.cpu:.1f} CPU s, {full.wall:.1f} s, peak {full.peak_mb:,.0f} MB")
    if plain:
        print(f"the same statements in plain DuckDB: {plain.cpu:.1f} CPU s")
        print(f"(full build - fixed part) / plain statements: {(full.cpu - fixed.cpu) / plain.cpu:.2f} (target 1.3)")
    print(f"one day more: {day.cpu:.1f} CPU s, {day.wall:.1f} s, peak {day.peak_mb:,.0f} MB")
    print(f"(one day more - fixed part) / full build: {(day.cpu - fixed.cpu) / full.cpu:.2f} (target 0.15)")


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"whole benchmark: {time.monotonic() - started:.0f} s")
