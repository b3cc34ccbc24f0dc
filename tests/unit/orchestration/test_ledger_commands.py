"""`fredning ledger` and `fredning reasons`: the decisions as a person reads them."""

from __future__ import annotations

from collections.abc import Iterator
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest

from orchestration.commands.ledger import evidence_text
from tests.unit.orchestration.command_line import Shell

ROWS = """
    create schema marts;
    create table marts.fct_contact_decisions as
    select * from (values
        (date '2026-11-19', 'm0', 'c1', 'welcome', 'hello', 'email', 10, 'send', null, []::varchar[],
            timestamptz '2026-11-19 09:00:00+01', '{"trigger":{},"permission":"consent:E1"}'),
        (date '2026-11-20', 'm1', 'c1', 'coffee', 'tips', 'email', 30, 'send', null, []::varchar[],
            timestamptz '2026-11-20 10:15:00+01', '{"trigger":{"order":"pos:R1"},"permission":"consent:E1"}'),
        (date '2026-11-20', 'm2', 'c2', 'coffee', 'tips', 'email', 30, 'suppress', 'NO_PERMISSION',
            ['NO_PERMISSION', 'HOLDOUT'], null, '{"trigger":{"order":"pos:R2"}}'),
        (date '2026-11-20', 'm3', 'c2', 'welcome', 'hello', 'email', 10, 'hold', 'QUARANTINED',
            ['QUARANTINED'], null, '{"trigger":{},"counted":["m7","m8"]}')
    ) as t(run_date, message_id, customer_id, journey, step, channel, priority, decision, reason, failed_gates,
        send_at, evidence),
    (select timestamptz '2026-11-20 00:00:00+01' as due_at);
"""


def fill(path: Path, *, published: str | None = None, also: str = "") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(ROWS)
        if published:
            connection.execute("create table main.published as select ?::date as run_date", [published])
        if also:
            connection.execute(also)


@pytest.fixture
def decided(shell: Shell) -> Shell:
    fill(shell.home / "warehouse.duckdb")
    return shell


def test_the_newest_day_is_shown_with_reasons_gates_and_local_times(decided: Shell) -> None:
    """The question is always why, and always in the retailer's time."""
    said = decided.run("ledger")
    assert "Decisions of 2026-11-20 (times in Europe/Oslo)" in said
    assert "2026-11-20 10:15" in said
    assert "NO_PERMISSION, HOLDOUT" in said
    assert "order pos:R2" in said
    assert "NO_PERMISSION: There was no legal basis" in said
    assert "2026-11-19" not in said


@pytest.mark.parametrize(
    ("option", "value", "n_rows"),
    [("--customer", "c2", 2), ("--journey", "welcome", 1), ("--decision", "send", 1), ("--reason", "QUARANTINED", 1)],
)
def test_rows_can_be_narrowed_down(decided: Shell, option: str, value: str, n_rows: int) -> None:
    """A day has thousands of rows."""
    said = decided.run("ledger", "--date", "2026-11-20", option, value)
    assert sum(line.startswith("│ ") for line in said.splitlines()) == n_rows


def test_a_customers_rows_name_their_messages(decided: Shell) -> None:
    """The id leads on to the message's life in the outbox ledger."""
    said = decided.run("ledger", "--customer", "c1")
    assert "│ m1 " in said
    assert "about c1" in said


def test_what_is_left_out_is_said(decided: Shell) -> None:
    """Nobody may take the first rows for all of them."""
    assert "3 rows match, the first 1 are shown" in decided.run("ledger", "--limit", "1")


def test_a_customer_without_candidates_is_an_answer(decided: Shell) -> None:
    """Nothing could have been sent: that is why nothing was."""
    assert "Nothing that matches" in decided.run("ledger", "--customer", "c9")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--date", "2026-11-21"], "decisions from 2026-11-19 to 2026-11-20"),
        (["--journey", "tea"], "Journeys that had: coffee, welcome"),
        (["--reason", "NO_LUCK"], "There is no reason NO_LUCK. There are: ERASED"),
    ],
)
def test_what_is_not_there_is_answered_with_what_is(decided: Shell, arguments: list[str], expected: str) -> None:
    """An empty table for a misspelt name would be taken for an answer."""
    assert expected in decided.refuses("ledger", *arguments)


def test_a_missing_warehouse_says_what_to_run_first(shell: Shell) -> None:
    """The first command that a newcomer tries."""
    assert "run `make demo`" in shell.refuses("ledger")


def test_a_warehouse_without_decisions_says_what_to_run_first(shell: Shell) -> None:
    """A run that failed early leaves a file without the ledger."""
    shell.home.mkdir(parents=True)
    duckdb.connect(str(shell.home / "warehouse.duckdb")).close()
    assert "holds no decisions yet: run `make demo`" in shell.refuses("ledger")


def hold(path: str, is_held: object, may_end: object) -> None:
    with duckdb.connect(path):
        is_held.set()  # type: ignore[attr-defined]
        may_end.wait(60)  # type: ignore[attr-defined]


@pytest.fixture
def held_warehouse(decided: Shell) -> Iterator[Shell]:
    """Another process has the warehouse open for writing, as a run has."""
    context = get_context("fork")
    is_held, may_end = context.Event(), context.Event()
    process = context.Process(target=hold, args=(str(decided.home / "warehouse.duckdb"), is_held, may_end))
    process.start()
    assert is_held.wait(60)
    yield decided
    may_end.set()
    process.join()


def test_a_locked_warehouse_is_said_so_unless_the_analysts_copy_has_the_day(held_warehouse: Shell) -> None:
    """While a run goes on people still ask, and the published copy is never locked."""
    assert "being written by a run" in held_warehouse.refuses("ledger")
    fill(held_warehouse.home / "published" / "fredning.duckdb", published="2026-11-20")
    assert "QUARANTINED" in held_warehouse.run("ledger", "--date", "2026-11-20")


def test_a_day_newer_than_the_analysts_copy_is_read_from_the_warehouse(decided: Shell) -> None:
    """A run that was stopped before its end has decided, and its decisions are what one wants to see."""
    fill(decided.home / "published" / "fredning.duckdb", published="2026-11-19",
         also="delete from marts.fct_contact_decisions where run_date > date '2026-11-19'")  # fmt: skip
    assert "QUARANTINED" in decided.run("ledger", "--date", "2026-11-20")
    assert "Decisions of 2026-11-19" in decided.run("ledger", "--date", "2026-11-19")


def test_evidence_reads_as_words() -> None:
    """Ids stay exactly as they are, so that they can be looked up."""
    assert evidence_text('{"trigger":{"order":"pos:R1"},"earlier_message":"ab","n":null}') == (
        "order pos:R1, earlier message ab"
    )


def test_every_reason_has_a_sentence(shell: Shell) -> None:
    """The list is closed, and needs no warehouse to be read."""
    said = shell.run("reasons")
    assert said.index("ERASED") < said.index("QUARANTINED") < said.index("HELD_BACK")
    assert "left in peace" in said
