"""CPU seconds of one day's decisions, statement by statement, against the bare quarantine of the same day.

    python tests/benchmarks/decisions.py                (scale 0.1; or SCALE=1 make bench)
    python tests/benchmarks/decisions.py 0.1 1 3        (and how the cost grows with the candidates)

Scale 1 is a million customers, 20 M past messages and 100,000 candidates. The models run as dbt compiles them; the bare
statement is the fastest known for look-back and winner alone (cut the log to the window, anti join, arg_min), so the
ratio says what all other gates cost. The exponent is that of CPU seconds over candidates, from first to last scale.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.dbt.decisions.engine import COMPILED_DATE, CompiledModel, compile_models
from tests.dbt.decisions.relations import fill

DAY = COMPILED_DATE.isoformat()

# Rows are made by arithmetic, so that every machine measures the same.
WORLD = """
insert into staging.stg_templates__journeys by name
    select 'v' as policy_version, 'j' || i as journey,
        case when i < 6 then 'post_purchase' when i < 9 then 'lifecycle' else 'newsletter' end as class, i as priority,
        'b2c' as audience_customer_type, false as is_paused, 500 as holdout_buckets
    from range(1, 11) t(i);
insert into staging.stg_templates__journey_steps by name
    select journey, 's' as step, 1 as position, 0 as delay_seconds, 259200 as valid_for_seconds, true as yields,
        [] as conditions, ['also_bought'] as recommendation_slots,
        case when priority < 6 then 1 else 0 end as min_recommendations
    from staging.stg_templates__journeys;
insert into staging.stg_templates__journey_step_channels
    select journey, 's', 'email', 1, false from staging.stg_templates__journeys;
insert into staging.stg_templates__policy_rules values
    (1, 'post_purchase_48h', ['post_purchase'], ['post_purchase'], null, 172800, 1, [], []),
    (2, 'newsletter_48h', ['newsletter'], ['post_purchase'], null, 172800, 1, [], []),
    (3, 'email_7d', ['post_purchase', 'lifecycle', 'newsletter'], ['post_purchase', 'lifecycle', 'newsletter'],
        ['email'], 604800, 4, [], []),
    (4, 'sms_30d', ['post_purchase', 'lifecycle', 'newsletter'], ['post_purchase', 'lifecycle', 'newsletter'],
        ['sms'], 2592000, 4, [], []);
insert into staging.stg_templates__policy_settings values ('v', '2026', 500, 365, false, false, false);
insert into staging.stg_templates__channel_windows values
    ('email', '09:00', '20:00', true, true), ('sms', '09:00', '20:00', false, false);
insert into marts.dim_customers by name
    select 'c' || i as customer_id, case when i % 20 = 0 then 'b2b' else 'b2c' end as customer_type, true as is_member,
        'NO' as country, case when i % 50 = 0 then 'Europe/Helsinki' end as timezone, false as is_erased
    from range({customers}) t(i);
insert into intermediate.int_identity__aliases
    select 'c' || i, 'c' || i from range({customers}) t(i)
    union all select 'old' || i, 'c' || i from range(0, {customers}, 10) t(i);
insert into intermediate.int_customers__contact_points by name
    select 'c' || i as customer_id, 'email' as channel, 'p' || (i - i % 3 % 2) || '@example.com' as address,
        case when i % 5 > 0 then 'consent' end as permission_basis,
        case when i % 5 > 0 then 'E' || i end as permission_id
    from range({customers}) t(i);
insert into marts.dim_customer_identifiers
    select customer_id, 'email', address from intermediate.int_customers__contact_points;
insert into marts.fct_customer_scores select customer_id, 'none', 12 from marts.dim_customers;
insert into staging.stg_consent__preferences
    select 'w' || i, 'p' || i || '@example.com', 'email', 2, 7, null, [] from range(0, {customers}, 100) t(i);
insert into intermediate.int_triggers__anchors by name
    select 'c' || (i * 7919 % {customers}) as customer_id, 'j' || (1 + i % 10) as journey, 'order:' || i as anchor,
        timestamptz '{day} 00:00:00+00' - to_seconds(i % 200000) as anchor_at, 'default' as branch,
        '{{"order":"o' || i || '"}}' as evidence, date '{day}' as received_on
    from range({candidates}) t(i);
insert into intermediate.int_recommendations__for_candidates
    select customer_id, journey, anchor, 'also_bought', r, 'p' || r
    from intermediate.int_triggers__anchors, range(1, 5) t(r);
"""

LOG = """
copy (
    select md5('m' || i) as message_id, cast(sent_at as date) as run_date,
        'c' || (i * 104729 % {customers}) as customer_id,
        'j' || (1 + i % 10) as journey, 's' as step, case when i % 10 = 0 then 'sms' else 'email' end as channel,
        case when i % 10 < 5 then 'post_purchase' when i % 10 < 8 then 'lifecycle' else 'newsletter' end as class,
        'order:' || (i + 1000000000) as anchor, null::varchar as experiment, null::varchar as variant,
        'DELIVERED' as state, sent_at as send_at, sent_at, 'consent' as permission_basis, 'E' as permission_id
    from (
        select i, timestamptz '{day} 00:00:00+00' - to_seconds(3600 * 24 * 730 * (1 - i / {messages})) as sent_at
        from range({messages}) t(i)
    )
    order by sent_at
) to '{file}' (format parquet, compression zstd)
"""

BARE = """
with recent as (
    select customer_id from '{file}' where sent_at > timestamptz '{day} 00:00:00+00' - interval 2 days
        and class = 'post_purchase'
),
open_ones as (
    from intermediate.int_triggers__anchors anti join recent using (customer_id)
)
select count(*) from (
    select customer_id, arg_min(anchor, (journey, anchor_at, anchor)) from open_ones group by customer_id
)
"""


def build_world(connection: duckdb.DuckDBPyConnection, folder: Path, scale: float) -> Path:
    """Fill the inputs; the contact log is a sorted Parquet file, as the hand-off exports it."""
    sizes = {"customers": int(1_000_000 * scale), "messages": int(20_000_000 * scale)}
    sizes["candidates"] = int(100_000 * scale)
    file = folder / "contact_log.parquet"
    connection.execute(LOG.format(day=DAY, file=file, **sizes))
    fill(connection, {})
    connection.execute(WORLD.format(day=DAY, **sizes))
    connection.execute("drop table staging.stg_outbox__contact_log")
    connection.execute(f"create view staging.stg_outbox__contact_log as from '{file}'")
    return file


def cpu_seconds(connection: duckdb.DuckDBPyConnection, sql: str) -> float:
    """CPU seconds of one statement."""
    started = time.process_time()
    connection.execute(sql)
    return time.process_time() - started


def run_models(connection: duckdb.DuckDBPyConnection, models: list[CompiledModel]) -> dict[str, float]:
    """Run the day's models in order; CPU seconds by model."""
    spent = {}
    for model in models:
        if model.is_incremental:
            spent[model.name] = cpu_seconds(connection, f"insert into {model.relation} by name {model.sql}")
        else:
            spent[model.name] = cpu_seconds(connection, f"create or replace table {model.relation} as {model.sql}")
    return spent


@dataclass(frozen=True)
class Measured:
    """One scale: rows of the ledger by reason, CPU seconds by model and of the bare statement."""

    scale: float
    counts: list[tuple[str, int]]
    spent: dict[str, float]
    bare: float

    @property
    def total(self) -> float:
        return sum(self.spent.values())

    @property
    def n_candidates(self) -> int:
        return sum(n for _, n in self.counts)


def measure(scale: float, models: list[CompiledModel], folder: Path) -> Measured:
    """Build a retailer and decide its day; the fewest CPU seconds of two days count, for the machine is shared."""
    home = folder / "home"
    with duckdb.connect(str(home / "warehouse.duckdb")) as connection:
        connection.execute("set TimeZone = 'UTC'; set preserve_insertion_order = false; set memory_limit = '2GB'")
        file = build_world(connection, folder, scale)
        bare = min(cpu_seconds(connection, BARE.format(day=DAY, file=file)) for _ in range(3))
        spent: dict[str, float] = {}
        for _ in range(2):
            for model in models:
                if model.is_incremental:
                    connection.execute(f"truncate {model.relation}")
            for model, seconds in run_models(connection, models).items():
                spent[model] = min(seconds, spent.get(model, seconds))
        counts = connection.execute(
            "select coalesce(reason, 'send'), count(*) from marts.fct_contact_decisions group by 1 order by 2 desc"
        ).fetchall()
        connection.execute("drop view staging.stg_outbox__contact_log")
    return Measured(scale, counts, spent, bare)


def show(one: Measured) -> None:
    """A scale's models, dearest first, and their sum."""
    reasons = ", ".join(f"{reason} {n:,}" for reason, n in one.counts)
    print(f"scale {one.scale:g}: {one.n_candidates:,} ledger rows: {reasons}")
    for model, seconds in sorted(one.spent.items(), key=lambda item: -item[1]):
        print(f"  {seconds:7.2f} CPU s  {model}")
    ratio = one.total / one.bare
    print(
        f"  {one.total:7.2f} CPU s  all; bare quarantine and winner {one.bare:.2f} CPU s, ratio {ratio:.0f}", flush=True
    )


def main(scales: list[float]) -> None:
    """Measure and print."""
    measured = []
    with tempfile.TemporaryDirectory() as name:
        models = compile_models(Path(name) / "home")
        for scale in scales:
            measured.append(measure(scale, models, Path(name)))
            show(measured[-1])
    first, last = measured[0], measured[-1]
    if last.n_candidates > first.n_candidates:
        exponent = math.log(last.total / first.total) / math.log(last.n_candidates / first.n_candidates)
        print(f"growth from scale {first.scale:g} to {last.scale:g}: CPU seconds ~ candidates to the {exponent:.2f}")


if __name__ == "__main__":
    main([float(each) for each in sys.argv[1:]] or [float(os.environ.get("SCALE") or 0.1)])
