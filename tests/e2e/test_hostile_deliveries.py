"""One morning on which every source delivers something broken, through the command that a night's run uses.

What is broken is named, what is good goes on, nothing is lost, and nothing is sent on half of the truth.
"""

from __future__ import annotations

import gzip
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.e2e.shell import demo_settings, fredning

GOOD_DAY, BAD_DAY = date(2026, 11, 21), date(2026, 11, 22)

pytestmark = pytest.mark.slow

CLUB = (
    "member_id,email,phone,first_name,last_name,street,postal_code,city,country,language,birth_date,"
    "children_birth_dates,customer_type,company_name,organisation_number,joined_at,updated_at"
)
MEMBER = (
    "M1,smil@epost.example,99100334,Åse 🎉,Øvrebø,Veien 1,0150,Oslo,NO,nb,1977-04-22,,b2c,,,"
    "2026-11-20T02:09:30Z,2026-11-20T02:09:30Z"
)
EVENT = (
    '{{"event_id":{0},"occurred_at":"{1}","address":"{2}@epost.example","channel":"email","purpose":"marketing",'
    '"action":"granted","source":"club_sign_up","wording_version":"2026-1"}}\n'
)
RECEIPT = "receipt_id,store_id,pos_customer_id,member_id,sold_at,currency,total_amount\n"
LINES = (
    "receipt_id,line_number,product_id,quantity,unit_price,discount_amount,line_amount\n"
    "R1,1,no-such-product,1,10.00,0.00,10.00\n"
)

DELIVERIES: dict[str, bytes] = {
    # empty file · header only · Latin-1 · a delimiter nobody agreed on · truncated gzip
    "webshop/orders/orders.csv": b"",
    "pos/returns/returns.csv": b"return_id,receipt_id,line_number,product_id,quantity,amount,returned_at\n",
    "pos/customers/customers.csv": (
        "pos_customer_id,name,email,phone,postal_code,member_id,updated_at\nP1,Bjørn,,,0150,,2026-11-20 10:00:00\n"
    ).encode("latin-1"),
    "logistics/deliveries/deliveries.csv": b"order_id|status|delivered_at|updated_at\nW1|delivered||\n",
    "pos/receipts/receipts.csv.gz": gzip.compress((RECEIPT * 200).encode())[:-20],
    # an emoji in a name · null in a key and a date in the future beside a good row · unknown product, delivered twice
    "club/members/members.csv": f"{CLUB}\n{MEMBER}\n".encode(),
    "consent/events/events.ndjson": (
        EVENT.format("null", "2026-11-21T08:00:00Z", "a")
        + EVENT.format('"E-future"', "2031-01-01T08:00:00Z", "b")
        + EVENT.format('"E-good"', "2026-11-21T08:00:00Z", "smil")
    ).encode(),
    "pos/receipt_lines/receipt_lines.csv": LINES.encode(),
    "pos/receipt_lines/receipt_lines_again.csv": LINES.encode(),
}


@pytest.fixture(scope="module")
def morning(tmp_path_factory) -> tuple[Path, str, int]:
    """The home, what was printed and the exit code of the bad day's run."""
    home = tmp_path_factory.mktemp("hostile")
    demo = fredning(home, "demo", "--today", GOOD_DAY.isoformat(), "--days", "1", "--fraction", "0.03")
    assert demo.returncode == 0, demo.stdout[-4000:] + demo.stderr[-4000:]
    for name in DELIVERIES:  # what the demo's provider has put there already
        shutil.rmtree(folder_of(home, name), ignore_errors=True)
    for name, content in DELIVERIES.items():
        folder_of(home, name).mkdir(parents=True, exist_ok=True)
        (folder_of(home, name) / Path(name).name).write_bytes(content)
    result = fredning(home, "run", "--date", BAD_DAY.isoformat(), **demo_settings(home))
    return home, result.stdout + result.stderr, result.returncode


def folder_of(home: Path, name: str) -> Path:
    """The folder of the bad day that the delivery `source/dataset/file` belongs to."""
    return home / "var/landing" / Path(name).parent / BAD_DAY.isoformat()


def rows(home: Path, sql: str) -> list[tuple]:
    """The answer of the warehouse's raw files."""
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{home / 'var'}'")
        return connection.execute(sql).fetchall()


def test_the_run_fails_loudly_and_names_every_broken_delivery(morning) -> None:
    """Sending on half of the orders would mail people about what they have bought already."""
    _, printed, code = morning
    assert code == 1
    for words in (
        "orders.csv: is empty",
        "customers.csv: is not UTF-8 text",
        "the mandatory column 'order_id' is missing",
        "receipts.csv.gz",
    ):
        assert words in printed, f"{words!r} is not said in:\n{printed}"


def test_nothing_is_handed_off_on_half_of_the_truth(morning) -> None:
    """The day's batches wait until the deliveries have been repaired."""
    home, _, _ = morning
    assert not list((home / "var/outbox").rglob(f"*{BAD_DAY.isoformat()}*/manifest*"))
    assert list((home / "var/outbox").rglob(f"*{GOOD_DAY.isoformat()}*"))


@pytest.mark.parametrize(
    ("dataset", "column", "expected"),
    [
        ("club/members", "first_name", [("Åse 🎉",)]),
        ("consent/events", "event_id", [("E-good",)]),
        ("pos/receipt_lines", "product_id", [("no-such-product",)]),
        ("pos/returns", "return_id", []),
    ],
)
def test_what_is_good_is_landed_once(morning, dataset: str, column: str, expected: list[tuple]) -> None:
    """An emoji, an unknown product, a header without rows and a file delivered twice cost nobody anything."""
    home, _, _ = morning
    landed = rows(home, f"select {column} from 'raw/{dataset}/*.parquet' where received_on = '{BAD_DAY}'")
    assert landed == expected


def test_broken_rows_are_put_aside_with_their_reason(morning) -> None:
    """A null key and a date in the future: nothing lost, nothing believed."""
    home, _, _ = morning
    reasons = rows(home, "select source_line, column_name from 'rejects/consent/events/*.parquet' order by source_line")
    assert reasons == [(1, "event_id"), (2, "occurred_at")]


def test_repaired_deliveries_let_the_same_day_go_on(morning) -> None:
    """The person on duty puts right files in place and runs the day again."""
    home, _, _ = morning
    for name in (
        "webshop/orders/orders.csv",
        "pos/customers/customers.csv",
        "logistics/deliveries/deliveries.csv",
        "pos/receipts/receipts.csv.gz",
    ):
        shutil.rmtree(folder_of(home, name))
    result = fredning(home, "run", "--date", BAD_DAY.isoformat(), **demo_settings(home))
    assert result.returncode == 0, result.stdout + result.stderr
    with duckdb.connect(str(home / "var/published/fredning.duckdb"), read_only=True) as connection:
        assert connection.sql("from main.published").fetchall() == [(BAD_DAY,)]
