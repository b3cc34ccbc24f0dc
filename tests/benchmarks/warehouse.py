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
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from orchestration.home import ensure_sources, prepare_home
from orchestration.settings import Settings
from tests.benchmarks.scale.builds import build, build_plainly
from tests.benchmarks.scale.contact_log import find_customers, send_in_the_past
from tests.benchmarks.scale.printed import print_day, print_models, print_whole
from tests.benchmarks.scale.retailer import Day, Size, write_base, write_retailer

TODAY = date(2026, 11, 22)


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
    find_customers(large, yesterday, options.memory)
    send_in_the_past(large, TODAY, until=yesterday)
    fixed, _ = build(empty, yesterday, options.memory)
    full, nodes = build(large, yesterday, options.memory)
    plain, plain_of = build_plainly(large, nodes, options.memory) if options.plain else (None, {})
    send_in_the_past(large, TODAY, until=TODAY)
    print(f"one day more: {write_retailer(base, large, scale, day=Day(TODAY))}")
    day, of_the_day = build(large, TODAY, options.memory)
    print(f"candidates considered: {_n_candidates(large):,}")
    if options.plain:
        print_models(nodes, plain_of)
    print_day(of_the_day, nodes)
    print_whole(fixed, full, plain, day)
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


def _n_candidates(settings: Settings) -> int:
    with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
        found = connection.execute("select count(*) from intermediate.int_decisions__candidates").fetchone()
    return int(found[0]) if found else 0


if __name__ == "__main__":
    started = time.monotonic()
    main()
    print(f"whole benchmark: {time.monotonic() - started:.0f} s")
