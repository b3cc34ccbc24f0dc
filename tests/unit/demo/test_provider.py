"""The demo's provider: it answers what was handed off, the same every time, and closes the loop."""

from __future__ import annotations

import io
import json
import tarfile
from collections import Counter
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import zstandard

from assets.demo.provider import answer

RUN_DATE = date(2026, 11, 20)
CATALOGUE = (
    "id,availability,price,product_group\n"
    "101,in_stock,29.90 NOK,coffee\n102,in_stock,49.00 NOK,coffee\n103,out_of_stock,9.00 NOK,wine\n"
)


def message(i: int, **changed: Any) -> dict[str, Any]:
    return {
        "message_id": sha256(str(i).encode()).hexdigest()[:32],
        "channel": "email",
        "address": f"kunde{i}@epost.example",
        "send_at": "2026-11-20T09:00:00Z",
        "class": "post_purchase",
        "journey": "post_purchase_coffee",
        "variant": "with_products" if i % 2 else "without_products",
        "branch": "without_accessory",
        "fields": {"first": {"link": "https://shop.example/p/101"}},
        **changed,
    }


def hand_off(home: Path, records: list[dict[str, Any]], name: str = "batch") -> None:
    day = home / "outbox" / RUN_DATE.isoformat()
    path = day / "email" / f"{name}.ndjson.zst"
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(record) + "\n" for record in records)
    path.write_bytes(zstandard.ZstdCompressor().compress(lines.encode()))
    manifest = {"channel": "email", "files": [{"path": path.relative_to(home / "outbox").as_posix()}]}
    (day / f"{name}.manifest.json").write_text(json.dumps(manifest))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    feed = tmp_path / "landing" / "catalogue" / "products" / "2026-11-08" / "products.csv"
    feed.parent.mkdir(parents=True)
    feed.write_text(CATALOGUE)
    return tmp_path


def facts(home: Path, dataset: str) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((home / "landing" / dataset).glob("*/answers_*.ndjson"))
        for line in path.read_text().splitlines()
    ]


def test_every_message_is_reported_sent_and_then_delivered_or_bounced(home: Path) -> None:
    hand_off(home, [message(i) for i in range(500)])
    result = answer(home, RUN_DATE)
    events = Counter(event["event"] for event in facts(home, "provider/events"))
    assert result.n_messages == events["sent"] == 500
    assert events["delivered"] + events["bounced"] == 500
    assert 100 < events["opened"] < 400


def test_answering_twice_changes_nothing(home: Path) -> None:
    """A run day that is repeated must not make customers click twice."""
    hand_off(home, [message(i) for i in range(300)])
    first = answer(home, RUN_DATE)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in first.files}
    assert answer(home, RUN_DATE) == first
    assert before == {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in first.files}


def test_a_message_is_answered_alike_in_any_batch(home: Path, tmp_path: Path) -> None:
    """How messages are batched is the house's own business; receivers do not know."""
    hand_off(home, [message(i) for i in range(200)])
    answer(home, RUN_DATE)
    whole = facts(home, "provider/events")
    hand_off(home, [message(i) for i in range(100)], "batch")
    hand_off(home, [message(i) for i in range(100, 200)], "other")
    answer(home, RUN_DATE)
    assert facts(home, "provider/events") == whole


def test_mails_without_products_are_clicked_more(home: Path) -> None:
    """The finding of the first source, which the experiment's report has to be able to show."""
    hand_off(home, [message(i) for i in range(6000)])
    answer(home, RUN_DATE)
    variant = {m["message_id"]: m["variant"] for m in (message(i) for i in range(6000))}
    clickers = {
        (variant[e["message_id"]], e["message_id"])
        for e in facts(home, "provider/events")
        if e["event"] == "clicked" and "iPhone" in e["user_agent"]
    }
    n = Counter(arm for arm, _ in clickers)
    assert n["without_products"] > 1.2 * n["with_products"] > 100


def test_some_clickers_buy_what_the_mail_showed(home: Path) -> None:
    hand_off(home, [message(i) for i in range(2000)])
    result = answer(home, RUN_DATE)
    orders, lines = facts(home, "webshop/orders"), facts(home, "webshop/order_lines")
    assert result.n_orders == len({o["order_id"] for o in orders}) > 10
    assert all(o["order_id"].startswith("SYN-") and o["email"] for o in orders)
    assert {line["product_id"] for line in lines} <= {"101", "102"}
    for order in orders:
        total = sum(r["line_amount"] for r in lines if r["order_id"] == order["order_id"])
        assert order["total_amount"] == pytest.approx(total + order["shipping_amount"])


def test_what_happens_is_received_the_day_after(home: Path) -> None:
    """A run may see only what had happened before its day began."""
    hand_off(home, [message(i) for i in range(500)])
    answer(home, RUN_DATE)
    for path in (home / "landing" / "provider" / "events").glob("*/answers_*.ndjson"):
        received_on = path.parent.name
        assert received_on > RUN_DATE.isoformat()
        for line in path.read_text().splitlines():
            assert json.loads(line)["occurred_at"][:10] < received_on


def test_a_bought_cart_is_told_by_the_tracker(home: Path) -> None:
    """The cart journey's goal is reached by the cart's own order, not by any order."""
    link = "https://shop.example/checkout/cart-0123456789abcd"
    cart = {"fields": {"checkout_link": link}, "class": "lifecycle", "journey": "cart_abandoned"}
    hand_off(home, [message(i, **cart) for i in range(1500)])
    answer(home, RUN_DATE)
    completed = facts(home, "tracker/events")
    assert completed
    assert {e["properties"]["cart_id"] for e in completed} == {"cart-0123456789abcd"}


def test_sms_is_answered_by_phone(home: Path) -> None:
    sms = {"channel": "sms", "address": "+4790000001", "text": "Hei", "fields": None}
    hand_off(home, [message(i, **sms) for i in range(800)])
    answer(home, RUN_DATE)
    assert {e["event"] for e in facts(home, "provider/events")} <= {
        "sent", "delivered", "failed", "clicked", "unsubscribed",
    }  # fmt: skip
    assert all(o["phone"] and not o["email"] for o in facts(home, "webshop/orders"))


def test_full_mails_in_a_tar_are_read_by_their_index(home: Path) -> None:
    day = home / "outbox" / RUN_DATE.isoformat()
    (day / "email").mkdir(parents=True)
    record = message(1)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in (
            ("index.ndjson", json.dumps({k: v for k, v in record.items() if k != "fields"})),
            (f"{record['message_id']}.eml", "see https://shop.example/p/1=\n02 today"),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content.encode()))
    (day / "email" / "b.tar.zst").write_bytes(zstandard.ZstdCompressor().compress(packed.getvalue()))
    path = f"{RUN_DATE}/email/b.tar.zst"
    (day / "b.manifest.json").write_text(json.dumps({"channel": "email", "files": [{"path": path}]}))
    assert answer(home, RUN_DATE).n_messages == 1


def test_a_day_without_hand_off_gets_no_answer(home: Path) -> None:
    assert answer(home, RUN_DATE).files == ()
    assert not list((home / "landing").rglob("answers_*"))


def test_a_file_without_a_manifest_was_never_handed_off(home: Path) -> None:
    hand_off(home, [message(1)])
    next((home / "outbox").rglob("*.manifest.json")).unlink()
    assert answer(home, RUN_DATE).n_messages == 0
