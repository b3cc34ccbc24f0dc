"""A replayed day beside the installation's ledger: what is equal, what is not, and why it may be so."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from assets.messaging.manifest import SUFFIX
from assets.privacy.counted import n_erased_since
from orchestration.carried import OWN_SOURCES
from orchestration.settings import Settings

MOST_EXAMPLES = 5


class CannotReplay(RuntimeError):
    """There is nothing to replay, or a run holds the warehouse; the message names the remedy."""


@dataclass(frozen=True)
class ReplayedDay:
    """One day: its rows, how many differ from the ledger, and how long it took.

    `versions` are those of the journeys and policy under which it was run, in order; `n_of_lost_versions` rows of the
    ledger were written under others, whose files are no longer there. `n_decided_on_less` rows that do not come out
    again were written into a batch before the last delivery was landed: the day was run again when more was known,
    without any edit, and what the first run knew is not kept. `n_erased_since` people were known when the day was
    decided and are forgotten now: what they bought is nobody's, so neither their rows come out again nor all that rest
    on everybody's purchases. `fingerprint` is a hash over all rows of the day; the
    same inputs give the same one.
    """

    run_date: date
    n_rows: int
    n_sent: int
    n_sent_then: int
    n_missing: int
    n_added: int
    versions: tuple[str, ...]
    n_of_lost_versions: int
    n_decided_on_less: int
    n_erased_since: int
    examples: tuple[str, ...]
    fingerprint: str
    seconds: float

    @property
    def is_equal(self) -> bool:
        """Row for row what the ledger says."""
        return not self.n_missing and not self.n_added


def attach_installed(connection: duckdb.DuckDBPyConnection, warehouse: Path) -> None:
    """Attach the installation's warehouse read-only, as `installed`. Raises `CannotReplay` while a run writes it."""
    connection.execute("set TimeZone = 'UTC'")
    try:
        connection.execute(f"attach '{warehouse}' as installed (read_only)")
    except duckdb.IOException as error:
        raise CannotReplay("A run is writing the warehouse: try again when it has ended.") from error


def compare(settings: Settings, scratch: Path, day: date, versions: tuple[str, ...], seconds: float) -> ReplayedDay:
    """Compare one day of the installation's warehouse with the replayed one. Raises `CannotReplay`."""
    with duckdb.connect() as connection:
        attach_installed(connection, settings.warehouse_path)
        connection.execute(f"attach '{scratch}' as scratch (read_only)")
        columns = ", ".join(
            row[0] for row in connection.execute("describe installed.marts.fct_contact_decisions").fetchall()
        )
        for name in ("installed", "scratch"):
            connection.execute(
                f"create temp table {name}_day as select {columns} from {name}.marts.fct_contact_decisions "
                f"where run_date = date '{day}'"
            )
        connection.execute("create temp table missing as from installed_day except from scratch_day")
        n_missing, n_added = connection.execute(
            "select (select count(*) from missing), (select count(*) from (from scratch_day except from installed_day))"
        ).fetchone() or (0, 0)
        n_rows, n_sent, fingerprint = connection.execute(
            "select count(*), count(*) filter (decision = 'send'), "
            "coalesce(md5(string_agg(md5(cast(d as varchar)), '' order by message_id)), '') from scratch_day as d"
        ).fetchone() or (0, 0, "")
        n_then, n_lost = connection.execute(
            "select count(*) filter (decision = 'send'), count(*) filter (not list_contains(?, policy_version)) "
            "from installed_day",
            [list(versions)],
        ).fetchone() or (0, 0)
        n_erased = n_erased_since(settings, day)
        return ReplayedDay(
            run_date=day,
            n_rows=n_rows,
            n_sent=n_sent,
            n_sent_then=n_then,
            n_missing=n_missing,
            n_added=n_added,
            versions=versions,
            n_of_lost_versions=n_lost,
            # Forgetting somebody writes delivered files anew, so their times say nothing after it.
            n_decided_on_less=0 if n_erased else _decided_on_less(connection, settings, day, versions),
            n_erased_since=n_erased,
            examples=_examples(connection),
            fingerprint=fingerprint,
            seconds=seconds,
        )


def _decided_on_less(
    connection: duckdb.DuckDBPyConnection, settings: Settings, day: date, versions: tuple[str, ...]
) -> int:
    """Rows that do not come out again, of messages in batches that are older than the newest delivery up to the day.

    By the times of the files: the log's own instants are those from which messages may leave.
    """
    landed_at = max(
        (
            path.stat().st_mtime
            for path in settings.raw_dir.glob("*/*/*.parquet")
            if path.parts[-3] not in OWN_SOURCES and path.stem <= day.isoformat()
        ),
        default=0.0,
    )
    manifests = (settings.outbox_dir / day.isoformat()).glob(f"*{SUFFIX}")
    batches = [path.name.removesuffix(SUFFIX) for path in manifests if path.stat().st_mtime < landed_at]
    (found,) = connection.execute(
        f"""
        select count(*)
        from missing
        where
            list_contains(?::varchar[], policy_version)
            and message_id in (
                select message_id
                from '{settings.raw_dir / "outbox" / "messages" / "current.parquet"}'
                where list_contains(?::varchar[], batch_id)
            )
        """,
        [list(versions), batches],
    ).fetchone() or (0,)
    return int(found)


def _examples(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Some messages that differ, with decision and reason on both sides; ids only."""
    rows = connection.execute(
        f"""
        select message_id, journey, step, installed_day.decision, installed_day.reason, installed_day.policy_version,
            scratch_day.decision, scratch_day.reason, scratch_day.policy_version
        from installed_day
        full join scratch_day using (message_id, journey, step)
        where installed_day is distinct from scratch_day
        order by message_id
        limit {MOST_EXAMPLES}
        """
    ).fetchall()
    return tuple(
        f"{message} {journey}/{step}: ledger {_said(was, why, by)}, replay {_said(now, because, under)}"
        for message, journey, step, was, why, by, now, because, under in rows
    )


def _said(decision: str | None, reason: str | None, version: str | None) -> str:
    """A decision in few words."""
    return f"{decision}{f' {reason}' if reason else ''} (policy {version})" if decision else "no row"


def why_not_equal(days: list[ReplayedDay]) -> str:
    """What may have become of days of which not every row comes out again, in a sentence or two."""
    differing = [day for day in days if not day.is_equal]
    if not all(day.n_erased_since for day in differing):
        return "The ledger does not come out again: a fact, a model or the hand-off log has changed since."
    return (
        f"The ledger does not come out again: {erased_in_words(max(day.n_erased_since for day in differing))} since. "
        "Whoever is forgotten takes along what a day's decisions for others rested on as well (best sellers, what is "
        "bought together, how soon a product runs out, where scores are cut, who shares an address), so a day up to an "
        "erasure can be audited only in part: look at the rows that differ. Days after it come out again in full."
    )


def erased_in_words(n: int) -> str:
    return f"{n:,} {'person was' if n == 1 else 'people were'} erased"


def as_json(days: list[ReplayedDay]) -> str:
    """The days as one JSON document, for programs."""
    return json.dumps([{**d.__dict__, "is_equal": d.is_equal} for d in days], default=str, indent=2)
