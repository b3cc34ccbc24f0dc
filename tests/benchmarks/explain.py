"""How long `fredning explain` takes for one person, on an analysts' copy of any size.

    python tests/benchmarks/explain.py --scale 1            (a made-up copy: a million customers, 9 M decisions)
    python tests/benchmarks/explain.py --home var           (the copy of an installation, say the demo)

Printed per question (by customer, by address, by order, a past day) are wall and CPU seconds of the whole command,
and the same above its start-up (`fredning explain --help`). The target is less than 2 s above start-up.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from orchestration.settings import REPOSITORY, Settings

DAYS = 90
# Rows are made by arithmetic, so that every machine measures the same. A person's rows lie far apart, as in life.
WORLD = """
create schema marts;
create schema seeds;
create table main.published as select date '2026-11-20' as run_date;
create table seeds.decision_reasons as from read_csv('{seeds}/decision_reasons.csv');
create table marts.dim_journeys as
    select 'j' || i as journey, 'Journey ' || i as name, false as is_paused from range(1, 31) t(i);
create table marts.dim_journey_steps as
    select journey, 's' || n as step, n * 259200 as delay_seconds, false as has_fallback, ['email'] as channels
    from marts.dim_journeys, range(1, 4) t(n);
create table marts.dim_customers as
    select 'c' || md5(i::varchar)[:15] as customer_id, i as number from range({customers}) t(i);
create table marts.dim_customer_aliases as
    select 'old' || number as past_customer_id, customer_id from marts.dim_customers where number % 10 = 0;
create table marts.dim_customer_identifiers as
    select customer_id, kind as identifier_kind,
        case kind when 'email' then 'person' || number || '@example.com' when 'phone' then '+47' || (40000000 + number)
            else 'm' || number end as identifier_value
    from marts.dim_customers, unnest(['email', 'phone', 'member_id']) t(kind);
create table marts.fct_orders as
    select 'webshop:W' || md5(i::varchar)[:10] as order_id, customers.customer_id
    from range({orders}) t(i) inner join marts.dim_customers as customers on customers.number = i * 7919 % {customers};
create table marts.fct_contact_decisions as
    select
        date '2026-11-20' - ({days} - 1 - i // {candidates})::integer as run_date, md5('m' || i) as message_id,
        customers.customer_id, 'j' || (1 + i % 30) as journey, 's1' as step, 'email' as channel,
        'lifecycle' as class, 'order:webshop:W' || md5('o' || i)[:10] as anchor, 'default' as branch,
        (1 + i % 30)::integer as priority, (run_date - 1)::timestamptz as due_at,
        (run_date + 2)::timestamptz as expires_at,
        case i % 4 when 0 then 'send' when 1 then 'hold' else 'suppress' end as decision,
        case i % 4 when 0 then null when 1 then 'QUARANTINED' else 'NO_PERMISSION' end as reason,
        case i % 4 when 0 then []::varchar[] when 1 then ['QUARANTINED', 'RESERVED']
            else ['NO_PERMISSION'] end as failed_gates,
        null::varchar as winner_message_id, null::varchar as quarantine_rule, null::varchar as experiment,
        null::varchar as variant, 'consent' as permission_basis, 'consent:E' || i as permission_id,
        run_date::timestamptz as send_at,
        '{{"trigger":{{"order":"webshop:W' || md5('o' || i)[:10] || '"}},"permission":"consent:E' || i || '"}}'
            as evidence,
        'v' as policy_version, md5('t' || i) as touch_id, run_date as received_on_max
    from range({candidates} * {days}) t(i)
    inner join marts.dim_customers as customers on customers.number = i * 104729 % {customers};
create table marts.fct_messages as
    select md5('p' || i) as message_id, customers.customer_id, 'j' || (1 + i % 30) as journey, 's1' as step,
        'email' as channel, 'lifecycle' as class, 'DELIVERED' as state, false as is_external,
        timestamptz '2026-11-20 08:00:00+00' - to_seconds(i % 63072000) as sent_at
    from range({messages}) t(i)
    inner join marts.dim_customers as customers on customers.number = i * 15485863 % {customers};
create table marts.fct_newsletter_exclusions as
    select run_date, customer_id, 'post_purchase_48h' as rule, max(expires_at) as until_at
    from marts.fct_contact_decisions where decision = 'send' group by all;
"""
TRIGGER = """
create table marts."fct_trigger_{n}" as
    select customers.customer_id, 'j' || (1 + {n} * 2 + i % 2) as journey, 'order:' || i as anchor,
        timestamptz '2026-11-20 08:00:00+00' - to_seconds(i * 37 % 2592000) as anchor_at,
        null::timestamptz as goal_reached_at
    from range({anchors}) t(i)
    inner join marts.dim_customers as customers on customers.number = i * (32452843 + {n}) % {customers};
"""


def main() -> None:
    options = _options()
    if options.home:
        _measure(options.home, options.repeat)
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        size = _build(home, options.scale)
        print(f"scale {options.scale:g}: {size}")
        _measure(home, options.repeat)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=float(os.environ.get("SCALE") or 0.1))
    parser.add_argument("--home", type=Path, default=None, help="Measure on this installation instead.")
    parser.add_argument("--repeat", type=int, default=3, help="The best of so many is printed.")
    return parser.parse_args()


def _build(home: Path, scale: float) -> str:
    sizes = {
        "customers": int(1_000_000 * scale),
        "orders": int(10_000_000 * scale),
        "candidates": int(100_000 * scale),
        "messages": int(20_000_000 * scale),
        "anchors": int(100_000 * scale),
        "days": DAYS,
    }
    path = Settings(home=home).published_path
    path.parent.mkdir(parents=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false")
        connection.execute(WORLD.format(seeds=REPOSITORY / "dbt_project" / "seeds", **sizes))
        for n in range(15):
            connection.execute(TRIGGER.format(n=n, **sizes))
    return (
        f"{sizes['candidates'] * DAYS:,} decisions, {sizes['messages']:,} messages, {path.stat().st_size / 1e9:.1f} GB"
    )


def _questions(path: Path) -> dict[str, list[str]]:
    """Ways to ask for the person with the most rows on the newest day."""
    with duckdb.connect(str(path), read_only=True) as connection:
        (newest, first) = _row(connection, "select max(run_date), min(run_date) from marts.fct_contact_decisions")
        (customer,) = _row(
            connection,
            """
            select customer_id from marts.fct_contact_decisions
            where run_date = (select max(run_date) from marts.fct_contact_decisions)
                and customer_id in (select customer_id from marts.fct_orders)
                and customer_id in (
                    select customer_id from marts.dim_customer_identifiers where identifier_kind = 'email'
                    and identifier_value in (
                        select identifier_value from marts.dim_customer_identifiers group by 1 having count(*) = 1
                    )
                )
            group by 1 order by count(*) desc, 1 limit 1
            """,
        )
        address = _row(
            connection,
            "select min(identifier_value) from marts.dim_customer_identifiers where identifier_kind = 'email' "
            f"and customer_id = '{customer}'",
        )[0]
        order = _row(connection, f"select min(order_id) from marts.fct_orders where customer_id = '{customer}'")[0]
    return {
        "by customer": ["--customer", customer],
        "by address": ["--address", address],
        "by order": ["--order", order],
        "a past day": ["--customer", customer, "--date", f"{first}"],
        "the newest day, all gates": ["--customer", customer, "--date", f"{newest}", "--all-gates"],
    }


def _row(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[str, ...]:
    found = connection.execute(sql).fetchone()
    assert found is not None, "the copy is empty"
    return found


def _measure(home: Path, repeat: int) -> None:
    start = _best(home, ["--help"], repeat)
    print(f"{'start-up (explain --help)':32} {start[0]:6.2f} s wall {start[1]:6.2f} CPU s")
    for name, arguments in _questions(Settings(home=home).published_path).items():
        wall, cpu = _best(home, arguments, repeat)
        print(
            f"{name:32} {wall:6.2f} s wall {cpu:6.2f} CPU s;  above start-up {wall - start[0]:5.2f} s wall, "
            f"{cpu - start[1]:5.2f} CPU s"
        )


def _best(home: Path, arguments: list[str], repeat: int) -> tuple[float, float]:
    """Wall and CPU seconds of the fastest of some runs of the command, in a process of its own."""
    found = []
    for _ in range(repeat):
        before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "orchestration.cli", "explain", *arguments],
            cwd=REPOSITORY, env={**os.environ, "FREDNING_HOME": str(home)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode not in (0, 1) or "Error" in done.stderr:
            raise SystemExit(done.stderr)
        found.append((wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return min(found)


if __name__ == "__main__":
    main()
