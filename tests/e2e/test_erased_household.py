"""Somebody of a household is forgotten, in a shop whose ids are short and whose sources do not forget.

Through the commands of an ordinary night: a day on which everything about the household is delivered, one with the
request, and one on which sources deliver it all again and somebody new has got the number.
"""

from __future__ import annotations

import csv
import json
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.e2e.shell import demo_settings, fredning
from tests.unit.privacy.search import places_of

TODAY = date(2026, 11, 18)
KNOWN_ON, ASKED_ON, AGAIN_ON = (TODAY + timedelta(days=n) for n in (1, 2, 4))
FAMILY_PHONE, OWN_PHONE = "+4791919191", "+4740112233"
# Turid's alone, as sources write them; of her number any spelling is looked for by its digits.
WORDS = (
    "turid.proeve@gmail.com",
    "turid.proeve+shop@gmail.com",
    "turid.before@moved.example",
    "MTURID1",
    "40112233",
    "b-turid-own",
    "Turidlill",
)
# Where a browser or an address is a household's, only Turid's share may go.
ASTRID = ("astrid.proeve@gmail.com", "MASTRID1", "91919191", "Astrid")

pytestmark = pytest.mark.slow


def at(day: date, hour: int = 10) -> str:
    return f"{day - timedelta(days=1)}T{hour:02}:00:00Z"


def deliver(home: Path, day: date, dataset: str, rows: list[dict[str, Any]], name: str = "household") -> None:
    folder = home / "var" / "landing" / dataset / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    if dataset in ("tracker/events", "consent/events", "provider/events"):
        (folder / f"{name}.ndjson").write_text("".join(json.dumps(row) + "\n" for row in rows))
        return
    with (folder / f"{name}.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def run(home: Path, day: date) -> None:
    result = fredning(home, "run", "--date", day.isoformat(), **demo_settings(home))
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]


def everything(home: Path, received_on: date) -> None:
    """All that a shop can know of Turid, and what of it is Astrid's as well; it happened before `KNOWN_ON`."""
    day = KNOWN_ON
    person = {"last_name": "Proeve", "street": "Veien 17", "postal_code": "0150", "city": "Oslo", "country": "NO"}
    told = {"updated_at": at(day), "joined_at": at(day), "customer_type": "b2c"}
    deliver(home, received_on, "club/members", [
        {"member_id": "MTURID1", "first_name": "Turidlill", "email": "Turid.Proeve@gmail.com", "phone": "919 19 191"}
        | person | told,
        {"member_id": "MASTRID1", "first_name": "Astrid", "email": "astrid.proeve@gmail.com", "phone": FAMILY_PHONE}
        | person | told,
    ])  # fmt: skip
    shop = {"created_at": at(day)} | person
    deliver(home, received_on, "webshop/accounts", [
        {"account_id": "17", "first_name": "Turidlill", "email": "turid.before@moved.example", "phone": "0047 40112233",
         "updated_at": at(day, 8)} | shop,
        {"account_id": "17", "first_name": "Turidlill", "email": "turid.proeve@gmail.com", "phone": "40 11 22 33",
         "updated_at": at(day, 9), "member_id": "mturid1"} | shop,
        {"account_id": "18", "first_name": "Astrid", "email": "astrid.proeve@gmail.com", "phone": "91919191",
         "updated_at": at(day, 9)} | shop,
    ])  # fmt: skip
    sale = {"status": "paid", "currency": "NOK", "total_amount": "17.00"} | {
        "placed_at": at(day),
        "updated_at": at(day),
    }
    deliver(home, received_on, "webshop/orders", [
        {"order_id": "W17", "account_id": "17", "email": "TURID.proeve@gmail.com", "phone": "+47(0)401-12-233"} | sale,
        {"order_id": "W18", "account_id": "18", "email": "astrid.proeve@gmail.com", "phone": "91919191"} | sale,
        {"order_id": "W19", "account_id": "", "email": "turid.before@moved.example", "phone": ""} | sale,
        # Refused at landing: a sum that is none.
        {"order_id": "W20", "account_id": "17", "email": "turid.before@moved.example"} | sale | {"total_amount": "x"},
    ])  # fmt: skip
    line = {"line_number": 1, "product_id": "17", "quantity": "1", "unit_price": "17.00", "line_amount": "17.00"}
    deliver(home, received_on, "webshop/order_lines", [{"order_id": f"W{n}"} | line for n in (17, 18, 19)])
    browser = {"type": "track", "event": "Product Viewed", "properties": {"product_id": "17", "quantity": 17}}
    link = {"url": "https://shop.example/?mail=Turid.Proeve%40gmail.com"}
    deliver(home, received_on, "tracker/events", [
        {"messageId": "t1", "anonymousId": "b-turid-own", "userId": "17", "timestamp": at(day, 7)} | browser,
        {"messageId": "t2", "anonymousId": "b-shared", "userId": 17, "timestamp": at(day, 8)} | browser
        | {"context": {"traits": {"email": "turid.proeve@gmail.com"}}},
        {"messageId": "t3", "anonymousId": "b-shared", "timestamp": at(day, 8), "type": "page", "properties": link},
        {"messageId": "t4", "anonymousId": "b-shared", "userId": "18", "timestamp": at(day, 9)} | browser,
    ])  # fmt: skip
    granted = {"purpose": "marketing", "action": "granted", "source": "test", "occurred_at": at(day)}
    deliver(home, received_on, "consent/events", [
        {"event_id": "c1", "address": "TURID.PROEVE@gmail.com", "channel": "email"} | granted,
        {"event_id": "c2", "address": "401 12 233", "channel": "sms"} | granted,
        {"event_id": "c3", "address": FAMILY_PHONE, "channel": "sms"} | granted,
        {"event_id": "c4", "address": "astrid.proeve@gmail.com", "channel": "email"} | granted,
    ])  # fmt: skip
    case = {"topic": "delivery", "opened_at": at(day), "updated_at": at(day)}
    deliver(home, received_on, "service/cases", [
        {"case_id": "17", "email": "", "phone": "", "member_id": "mturid1", "order_id": ""} | case,
        {"case_id": "18", "email": "", "phone": "", "member_id": "", "order_id": "W19"} | case,
        {"case_id": "19", "email": "astrid.proeve@gmail.com", "phone": "", "member_id": "", "order_id": ""} | case,
    ])  # fmt: skip


def opened(day: date, number: int) -> dict[str, Any]:
    return {
        "event_id": f"p{number}", "occurred_at": at(day), "channel": "email", "event": "opened",
        "message_id": "elsewhere", "campaign_id": "n1", "class": "newsletter", "address": "turid.Proeve@gmail.com",
    }  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("household")
    result = fredning(folder, "demo", "--today", TODAY.isoformat(), "--days", "1", "--fraction", "0.05")
    assert result.returncode == 0, result.stdout[-3000:] + result.stderr[-3000:]
    everything(folder, KNOWN_ON)
    run(folder, KNOWN_ON)
    return folder


def found(home: Path, words: tuple[str, ...]) -> dict[str, list[str]]:
    return places_of(home / "var", words)


def rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home / "var/warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(query).fetchall()


def reasons(home: Path) -> set[str]:
    with sqlite3.connect(f"file:{home / 'var/ledger.sqlite'}?mode=ro", uri=True) as ledger:
        return {row[0] for row in ledger.execute("select distinct reason from suppressions")}


def test_only_the_one_who_asked_is_gone_from_every_byte(home: Path) -> None:
    """She gives the household's number, her mailbox as she likes to write it, and her member id in lower case."""
    before = found(home, WORDS)
    assert set(before) == set(WORDS) - {"turid.proeve+shop@gmail.com"}, "the search must find what is there"
    request = {"requested_at": at(ASKED_ON), "email": " Turid.Proeve+Shop@gmail.com", "phone": "0047 919 19 191"}
    deliver(home, ASKED_ON, "privacy/erasures", [
        {"request_id": "17", "member_id": "mturid1"} | request,
        {"request_id": "18", "member_id": "mturid1"} | request,
    ])  # fmt: skip
    run(home, ASKED_ON)
    assert found(home, WORDS) == {}
    kept = found(home, ASTRID)
    assert set(kept) == set(ASTRID)
    for word in ASTRID[:2]:
        assert any(place.startswith("landing/") for place in kept[word])
        assert any(place.startswith("raw/") for place in kept[word])
    sales = rows(home, "select order_id, customer_id is null from marts.fct_orders where order_id like 'webshop:W1_'")
    assert sorted(sales) == [("webshop:W17", True), ("webshop:W18", False), ("webshop:W19", True)]
    landed = (home / "var/landing/webshop/orders" / KNOWN_ON.isoformat() / "household.csv").read_text()
    assert landed.count("17.00") == 3, "amounts that look like an id are amounts"


def test_sources_that_do_not_forget_are_corrected_and_the_next_holder_of_the_number_is_welcome(home: Path) -> None:
    """A telephone company gives numbers out again; the club's system and the mail provider know nothing of it."""
    everything(home, AGAIN_ON)
    deliver(home, AGAIN_ON, "provider/events", [opened(AGAIN_ON, 1)])
    account = {"created_at": at(AGAIN_ON, 12), "updated_at": at(AGAIN_ON, 12), "first_name": "Nyland"}
    deliver(home, AGAIN_ON, "webshop/accounts", [{"account_id": "99", "phone": OWN_PHONE} | account], "new")
    consent = {"event_id": "c9", "address": OWN_PHONE, "channel": "sms", "purpose": "marketing", "action": "granted"}
    deliver(home, AGAIN_ON, "consent/events", [consent | {"source": "test", "occurred_at": at(AGAIN_ON, 12)}], "new")
    run(home, AGAIN_ON)
    assert found(home, tuple(word for word in WORDS if word != "40112233")) == {}
    holder = rows(home, "select customer_id, is_erased from marts.dim_customers where first_name = 'Nyland'")
    assert [row[1] for row in holder] == [False]
    permitted = f"select basis from marts.fct_permissions where address = '{OWN_PHONE}' and channel = 'sms'"
    assert rows(home, f"{permitted} and valid_to is null") == [("consent",)]
    assert "erased_before" not in reasons(home), "a day on which the old record is there as well opens nothing"
    run(home, AGAIN_ON)
    assert "erased_before" in reasons(home)
    assert rows(home, f"{permitted} and valid_to is null") == [("consent",)]
