"""`fredning land` and `fredning deliveries`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.orchestration.command_line import Shell

DAY = "2026-11-20"
ORDERS = "order_id,placed_at,status,currency,total_amount,updated_at,email\n"
GOOD_ORDER = "W1,2026-11-19T10:00:00Z,placed,NOK,199.00,2026-11-19T10:00:00Z,kari.nordmann@post.example\n"
BAD_ORDER = "W2,2026-11-19T10:00:00Z,lost,NOK,199.00,2026-11-19T10:00:00Z,ola.nordmann@post.example\n"
CASES = "case_id,opened_at,updated_at,email\n"


def deliver(shell: Shell, dataset: str, content: str, day: str = DAY, name: str = "file.csv") -> Path:
    path = shell.home / "landing" / dataset / day / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path


def row_of(said: str, dataset: str) -> list[str]:
    """The cells of a dataset's line in a table."""
    line = next(line for line in said.splitlines() if line.startswith(f"│ {dataset} "))
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_a_delivery_is_landed_and_counted(shell: Shell) -> None:
    """Whoever maps a new source wants to see at once what was kept and which rules were broken."""
    deliver(shell, "webshop/orders", ORDERS + GOOD_ORDER * 1 + BAD_ORDER)
    said = shell.run("land", "--date", DAY, "--dataset", "webshop/orders")
    assert row_of(said, "webshop/orders") == [
        "webshop/orders", DAY, "1", "2", "1", "1", "0", "allowed_value 1", "landed now",
    ]  # fmt: skip
    assert "status must be one of" in said


def test_landing_twice_changes_nothing_and_says_so(shell: Shell) -> None:
    """A nervous second call must be harmless, and visibly so."""
    deliver(shell, "webshop/orders", ORDERS + GOOD_ORDER)
    shell.run("land", "--date", DAY, "--dataset", "webshop/orders")
    raw = shell.home / "raw" / "webshop" / "orders" / f"{DAY}.parquet"
    before = raw.stat().st_mtime_ns
    said = shell.run("land", "--date", DAY, "--dataset", "webshop/orders")
    assert row_of(said, "webshop/orders")[-1] == "landed before"
    assert raw.stat().st_mtime_ns == before


def test_a_delivery_without_a_mandatory_column_is_refused_and_the_others_go_on(shell: Shell) -> None:
    """The error must list every mismatch, end with 1 for schedulers, and cost no other dataset its day."""
    deliver(shell, "webshop/orders", "order_id,placed,status\nW1,2026-11-19,placed\n")
    deliver(shell, "webshop/accounts", "account_id,email,created_at,updated_at\n"
            "A1,kari.nordmann@post.example,2026-01-01T00:00:00Z,2026-01-01T00:00:00Z\n")  # fmt: skip
    said = shell.run("land", "--date", DAY, code=1)
    assert "do not keep their contract" in said
    for column in ("placed_at", "updated_at"):
        assert column in said
    assert "assets/landing/contracts/webshop.yml" in said
    assert row_of(said, "webshop/accounts")[4] == "1"
    assert row_of(said, "webshop/orders")[-1] == "refused"
    assert "kari" not in said


def test_where_one_of_two_files_is_refused_the_table_says_so(shell: Shell) -> None:
    """The words landed now beside an error would let a reader think that all of it is there."""
    deliver(shell, "webshop/orders", ORDERS + GOOD_ORDER)
    deliver(shell, "webshop/orders", "order_id,placed\nW2,2026-11-19\n", name="second.csv")
    said = shell.run("land", "--date", DAY, "--dataset", "webshop/orders", code=1)
    assert row_of(said, "webshop/orders")[-1] == "landed in part"


def test_history_lands_every_day_that_waits(shell: Shell) -> None:
    """The first load of a new shop is years of folders."""
    for day in ("2026-11-19", DAY):
        deliver(shell, "webshop/orders", ORDERS + GOOD_ORDER.replace("W1", f"W{day}"), day=day)
    deliver(shell, "webshop/orders", ORDERS + GOOD_ORDER, day="2026-11-21")
    said = shell.run("land", "--history", "--date", DAY)
    assert "webshop/orders: 2 deliveries, 2 rows" in said
    assert row_of(said, "webshop/orders")[1:5] == ["2026-11-19 to 2026-11-20", "2", "2", "2"]
    assert not (shell.home / "raw" / "webshop" / "orders" / "2026-11-21.parquet").exists()
    assert "Nothing new was delivered" in shell.run("land", "--history", "--date", DAY)


def test_what_happens_every_day_is_said_once(shell: Shell) -> None:
    """A year of history must not end in a thousand times the same warning."""
    for day in ("2026-11-19", DAY):
        rows = [GOOD_ORDER.replace("W1", f"{day}-{n}") for n in range(30)]
        text = ORDERS.replace("\n", ",shoe_size\n") + "".join(row.replace("\n", ",43\n") for row in rows)
        deliver(shell, "webshop/orders", text + BAD_ORDER.replace("\n", ",43\n"), day=day)
    said = shell.run("land", "--history", "--date", DAY)
    assert said.count("'shoe_size'") == 1
    assert said.count("status must be one of") == 1
    assert "1 of 31 rows (put aside), and on 1 other day)" in said


@pytest.mark.parametrize("command", [("land", "--date", DAY), ("deliveries",)])
def test_an_unknown_dataset_is_answered_with_the_known_ones(shell: Shell, command: tuple[str, ...]) -> None:
    """A slip of the pen must not look like an empty delivery."""
    said = shell.refuses(*command, "--dataset", "webshop/order")
    assert "There is no dataset webshop/order." in said
    assert "webshop/orders" in said


def test_the_summary_tells_what_waits_from_what_was_landed(shell: Shell) -> None:
    """One glance answers: did the source deliver, and did we take it in?"""
    deliver(shell, "webshop/orders", ORDERS + GOOD_ORDER + BAD_ORDER)
    shell.run("land", "--date", DAY, "--dataset", "webshop/orders")
    deliver(shell, "service/cases", CASES)
    said = shell.run("deliveries")
    assert row_of(said, "webshop/orders") == ["webshop/orders", DAY, "1", "yes", "2", "1", "1", "0", ""]
    assert row_of(said, "service/cases") == ["service/cases", DAY, "1", "waits", "", "", "", "", ""]


def test_the_summary_shows_the_last_days_and_says_what_it_leaves_out(shell: Shell) -> None:
    """A year of deliveries must not flood the screen, nor seem to be all there is."""
    for day in ("2026-10-01", DAY):
        deliver(shell, "webshop/orders", ORDERS + GOOD_ORDER, day=day)
    said = shell.run("deliveries")
    assert "1 earlier delivery not shown: --since 2026-10-01" in said
    assert "2026-10-01 " in shell.run("deliveries", "--since", "2026-10-01")


def test_an_empty_landing_folder_is_said_so(shell: Shell) -> None:
    """A newcomer learns where files belong."""
    assert "<source>/<dataset>/<YYYY-MM-DD>" in shell.refuses("deliveries")
