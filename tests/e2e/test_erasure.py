"""Somebody who was written to yesterday asks to be forgotten: afterwards every byte of the installation is searched."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.shell import demo_settings, fredning
from tests.unit.privacy.search import places_of

TODAY = "2026-11-22"

pytestmark = pytest.mark.slow


def succeed(home: Path, *arguments: str, **settings: str) -> None:
    result = fredning(home, *arguments, **settings)
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("erasure")
    succeed(folder, "demo", "--today", TODAY, "--days", "1", "--fraction", "0.05")
    return folder


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(query).fetchall()


def in_use(home: Path, words: set[str]) -> set[str]:
    """Where any of the words still stands; the demo's own notes on its invented people are no part of the product."""
    places = {place for found in places_of(home / "var", words).values() for place in found}
    return {place for place in places if not place.startswith("demo/")}


def request(home: Path, name: str, member_id: str, email: str) -> None:
    folder = home / "var" / "landing" / "privacy" / "erasures" / TODAY
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["request_id", "requested_at", "email", "phone", "member_id"])
        writer.writerow([name, "2026-11-21T10:00:00Z", email, "", member_id])


def test_a_person_who_was_written_to_is_in_no_byte_of_any_file_once_forgotten(home: Path) -> None:
    """The law asks for it; and a copy that was overlooked is worse than none that was promised to be gone."""
    warehouse = home / "var" / "warehouse.duckdb"
    customer_id, member_id, email = rows(
        warehouse,
        "select customers.customer_id, any_value(customers.member_id), any_value(customers.email) "
        "from marts.dim_customers as customers join marts.fct_messages as messages using (customer_id) "
        "where customers.member_id is not null and customers.email is not null and not messages.is_external "
        "and customers.n_orders > 0 group by 1 order by count(*) desc, 1 limit 1",
    )[0]
    values = rows(
        warehouse,
        "select identifier_value from marts.dim_customer_identifiers "
        f"where customer_id = '{customer_id}' and length(identifier_value) > 5",
    )
    # Nobody else may have them: a value that is somebody else's as well has to stay with that one.
    words = {str(value) for (value,) in values} | {customer_id}
    others = rows(
        warehouse, f"select identifier_value from marts.dim_customer_identifiers where customer_id <> '{customer_id}'"
    )
    words -= {str(value) for (value,) in others}
    assert email in words
    ids = rows(warehouse, f"select message_id from marts.fct_messages where customer_id = '{customer_id}'")
    revenue = rows(home / "var" / "published" / "fredning.duckdb", "select sum(net_amount_minor) from marts.fct_orders")
    found = in_use(home, words)
    assert any(place.startswith("outbox/") for place in found), "the search must find what is there"
    assert any(place.startswith("landing/") for place in found)

    request(home, "canary", member_id, email)
    succeed(home, "run", "--date", TODAY, **demo_settings(home))

    assert in_use(home, words) == set()
    kept = places_of(home / "var", [ids[0][0]])
    assert any(place.startswith("ledger.sqlite") for place in kept[ids[0][0]]), "that a message was sent stays known"
    published = home / "var" / "published" / "fredning.duckdb"
    assert rows(published, "select sum(net_amount_minor) from marts.fct_orders") == revenue


def test_the_day_after_runs_as_any_other_and_a_source_that_delivers_the_person_again_is_corrected(home: Path) -> None:
    """Source systems forget more slowly than we do; the hash on the suppression list recognises who comes back."""
    warehouse = home / "var" / "warehouse.duckdb"
    member_id, email = rows(
        warehouse,
        "select member_id, email from marts.dim_customers where member_id is not null and email is not null "
        "order by customer_id limit 1",
    )[0]
    folder = home / "var" / "landing" / "club" / "members"
    delivered = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    copies = {path: path.read_bytes() for path in delivered}
    request(home, "again", member_id, email)
    succeed(home, "run", "--date", TODAY, **demo_settings(home))
    for path, content in copies.items():
        path.write_bytes(content)
    succeed(home, "land", "--date", TODAY, **demo_settings(home))
    succeed(home, "run", "--date", TODAY, **demo_settings(home))
    assert in_use(home, {member_id}) == set()
    with duckdb.connect(str(home / "var/warehouse.duckdb"), read_only=True) as connection:
        added_up = "select sum(n_of_erased) > 0, sum(n_without_decision), sum(n_not_handed_over)"
        assert connection.execute(f"{added_up} from marts.rpt_reconciliation").fetchall() == [(True, 0, 0)]
