"""Two ledgers side by side, invariants of a rehearsed ledger, and versions of templates."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import duckdb
import pytest

from assets.decisions.comparison import compare
from assets.decisions.comparison_text import as_markdown
from assets.decisions.invariants import INVARIANTS, broken_invariants
from assets.decisions.rehearsal import Rehearsed
from assets.decisions.sweep import Outcome, Setting, as_svg
from assets.decisions.sweep import as_markdown as sweep_markdown
from assets.decisions.versions import UnknownVersion, templates_of

FIRST, LAST = date(2026, 11, 16), date(2026, 11, 17)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    connected = duckdb.connect()
    connected.execute("set TimeZone = 'UTC'")
    for schema in ("results", "facts", "staging"):
        connected.execute(f"create schema {schema}")
    connected.execute(
        """
        create table facts.past_value as
            select 'tea' as journey, 10 as n_sent, 5000 as revenue_minor, 1 as n_unsubscribed;
        create table facts.dim_customers as
            select * from (values ('a', 'b2c'), ('b', 'b2c'), ('biz', 'b2b')) as t(customer_id, customer_type);
        create table staging.stg_templates__journeys as
            select *
            from (values ('tea', 'b2c'), ('cart', 'b2c'), ('news', 'any')) as t(journey, audience_customer_type);
        """
    )
    return connected


def ledger(connection: duckdb.DuckDBPyConnection, name: str, rows: list[tuple[object, ...]]) -> Rehearsed:
    """(day, message, customer, journey, class, reason, winner, hour); no reason is a send."""
    connection.execute(
        f"""
        create table results.{name} (run_date date, message_id varchar, customer_id varchar, journey varchar,
            class varchar, reason varchar, winner_message_id varchar, send_at timestamptz, step varchar default 's',
            channel varchar default 'email', anchor varchar, decision varchar, quarantine_rule varchar,
            permission_id varchar default 'p', due_at timestamptz, expires_at timestamptz)
        """
    )
    for day, message, customer, journey, class_, reason, winner, hour in rows:
        connection.execute(
            f"""
            insert into results.{name} by name select ?::date as run_date, ? as message_id, ? as customer_id,
                ? as journey, ? as class, ?::varchar as reason, ?::varchar as winner_message_id,
                ?::timestamptz as send_at, ? as anchor, case when ? is null then 'send' else 'hold' end as decision,
                timestamptz '2026-01-01' as due_at, timestamptz '2027-01-01' as expires_at
            """,
            [day, message, customer, journey, class_, reason, winner, hour, message, reason],
        )
    return Rehearsed(name, f"results.{name}", f"version-of-{name}")


def test_a_crowded_out_message_names_who_and_what_is_at_stake(connection: duckdb.DuckDBPyConnection) -> None:
    """A new journey's price is paid by the journeys that it displaces."""
    at = "2026-11-16 10:00:00+00"
    base = ledger(connection, "base", [(FIRST, "t1", "a", "tea", "lifecycle", None, None, at)])
    head = ledger(
        connection,
        "head",
        [
            (FIRST, "c1", "a", "cart", "lifecycle", None, None, at),
            (FIRST, "t1", "a", "tea", "lifecycle", "OUTRANKED", "c1", None),
            (LAST, "t1", "a", "tea", "lifecycle", "EXPIRED", None, None),
            (FIRST, "c2", "b", "cart", "lifecycle", None, None, at),
        ],
    )
    comparison = compare(connection, base, head)
    (lost,) = comparison.crowded_out
    assert (lost["journey"], lost["by_whom"], lost["reason"], lost["n"]) == ("tea", "cart", "OUTRANKED", 1)
    assert lost["at_stake_minor"] == 500
    assert comparison.people["newly"] == ["b"]
    assert comparison.people["n_no_longer"] == 0
    assert not comparison.broken
    text = as_markdown(comparison, FIRST, LAST, "NOK")
    assert "**1 → 2 messages (+1).** 1 people newly contacted, 0 no longer, 1 in both." in text
    assert "| tea     | cart | OUTRANKED |        1 | 5.00" in text


def test_a_message_held_and_then_sent_is_the_same_send(connection: duckdb.DuckDBPyConnection) -> None:
    """A day's delay is no lost message."""
    rows = [(LAST, "t1", "a", "tea", "lifecycle", None, None, "2026-11-17 10:00:00+00")]
    base = ledger(connection, "base", rows)
    head = ledger(connection, "head", [(FIRST, "t1", "a", "tea", "lifecycle", "QUARANTINED", None, None), *rows])
    assert compare(connection, base, head).is_unchanged
    assert "No decision changes." in as_markdown(compare(connection, base, head), FIRST, LAST, "NOK")


BROKEN = {
    "two post-purchase messages to one person within 48 hours": [
        (FIRST, "t1", "a", "tea", "post_purchase", None, None, "2026-11-16 10:00:00+00"),
        (LAST, "t2", "a", "tea", "post_purchase", None, None, "2026-11-18 09:59:59+00"),
    ],
    "a newsletter within 48 hours after a post-purchase message": [
        (FIRST, "t1", "a", "tea", "post_purchase", None, None, "2026-11-16 10:00:00+00"),
        (LAST, "n1", "a", "news", "newsletter", None, None, "2026-11-18 09:00:00+00"),
    ],
    "two marketing touches to one person in one run": [
        (FIRST, "t1", "a", "tea", "lifecycle", None, None, "2026-11-16 10:00:00+00"),
        (FIRST, "t2", "a", "cart", "lifecycle", None, None, "2026-11-16 12:00:00+00"),
    ],
    "a business customer in a consumer journey": [
        (FIRST, "t1", "biz", "tea", "lifecycle", None, None, "2026-11-16 10:00:00+00")
    ],
    "the same message twice": [
        (FIRST, "t1", "a", "tea", "lifecycle", None, None, "2026-11-16 10:00:00+00"),
        (LAST, "t1", "a", "tea", "lifecycle", None, None, "2026-11-17 10:00:00+00"),
    ],
    "a message outside its validity": [(FIRST, "t1", "a", "tea", "lifecycle", None, None, "2025-12-31 10:00:00+00")],
}


@pytest.mark.parametrize("what", BROKEN)
def test_each_invariant_is_noticed(connection: duckdb.DuckDBPyConnection, what: str) -> None:
    """An invariant that nothing breaks is none."""
    table = ledger(connection, "head", BROKEN[what]).table
    assert what in {broken.what for broken in broken_invariants(connection, table)}


def test_a_message_without_permission_is_noticed(connection: duckdb.DuckDBPyConnection) -> None:
    """The one invariant that is a matter of law."""
    table = ledger(connection, "head", [(FIRST, "t1", "a", "tea", "lifecycle", None, None, "2026-11-16 10:00:00+00")])
    connection.execute("update results.head set permission_id = null")
    (broken,) = broken_invariants(connection, table.table)
    assert broken.what == "a message without permission"
    assert {*BROKEN, broken.what} == set(INVARIANTS)


def test_exactly_48_hours_later_is_allowed_again(connection: duckdb.DuckDBPyConnection) -> None:
    """Rolling hours; the end of the window is outside."""
    rows = [
        (FIRST, "t1", "a", "tea", "post_purchase", None, None, "2026-11-16 10:00:00+00"),
        (LAST, "t2", "a", "tea", "post_purchase", None, None, "2026-11-18 10:00:00+00"),
    ]
    assert not broken_invariants(connection, ledger(connection, "head", rows).table)


def test_settings_change_the_rules_that_they_name(connection: duckdb.DuckDBPyConnection) -> None:
    """A window belongs to rules that let one message by, a cap to those that let more."""
    connection.execute(
        "create table staging.stg_templates__policy_rules as "
        "select * from (values ('one', 172800, 1), ('four', 604800, 4)) as t(name, window_seconds, max_messages)"
    )
    Setting(window_hours=24, cap=2).apply(connection)
    rows = connection.execute("from staging.stg_templates__policy_rules order by name desc").fetchall()
    assert rows == [("one", 86_400, 1), ("four", 604_800, 2)]


def test_a_sweep_shows_every_setting_in_table_and_chart() -> None:
    """The chart must say what the table says."""
    outcomes = [
        Outcome(Setting(), 100, 80, 3, 12, 50_000.0, 0.5, ()),
        Outcome(Setting(window_hours=168), 60, 50, 30, 40, 30_000.0, 0.3, ()),
    ]
    text, chart = sweep_markdown(outcomes, FIRST, LAST, "NOK"), as_svg(outcomes)
    for label in ("policy as it is", "168 h quarantine"):
        assert label in text
        assert label in chart
    assert "60 messages" in chart


def test_a_version_is_a_folder_or_a_revision(tmp_path: Path) -> None:
    """Reviewers name a branch; marketers name the copy that they made."""
    templates = tmp_path / "shop" / "templates"
    templates.mkdir(parents=True)
    (templates / "policy.yml").write_text("old")
    git = ["git", "-C", str(tmp_path / "shop"), "-c", "user.name=t", "-c", "user.email=t@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True)
    (templates / "policy.yml").write_text("new")
    with templates_of("main", templates) as folder:
        assert (folder / "policy.yml").read_text() == "old"
    with templates_of(str(templates), templates) as folder:
        assert (folder / "policy.yml").read_text() == "new"
    with pytest.raises(UnknownVersion, match="neither a template folder nor a revision"), templates_of("x", templates):
        pass
