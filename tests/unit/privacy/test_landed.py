"""What forgetting does to delivered files: packed or not, refused or landed."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from assets.privacy.landed import forget_in_landing
from assets.privacy.person import Forgotten
from orchestration.settings import Settings

Packing = Callable[[bytes], bytes]

FORGOTTEN = Forgotten(member_ids=frozenset({"M100"}), phones=frozenset({"91234567"}))
DELIVERED = "address,action\n912\u00a034 567,granted\nother@post.example,granted\n".encode()
KEPT = b"address,action\nother@post.example,granted\n"


@pytest.mark.parametrize(
    ("name", "pack", "unpack"),
    [
        ("a.csv", bytes, bytes),
        ("a.csv.gz", gzip.compress, gzip.decompress),
        ("a.csv.zst", zstandard.compress, zstandard.decompress),
    ],
)
def test_a_delivered_file_loses_the_records_of_who_is_forgotten(
    tmp_path: Path, name: str, pack: Packing, unpack: Packing
) -> None:
    """The file is the source system's own copy in our house, and it is searched like any other."""
    path = tmp_path / "landing" / "consent" / "events" / "2026-11-22" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(pack(DELIVERED))
    assert forget_in_landing(Settings(home=tmp_path), FORGOTTEN) == 1
    assert unpack(path.read_bytes()) == KEPT
    assert forget_in_landing(Settings(home=tmp_path), FORGOTTEN) == 0


def test_a_packed_file_that_cannot_be_read_does_not_stay(tmp_path: Path) -> None:
    """Nobody can tell whom it names."""
    path = tmp_path / "landing" / "consent" / "events" / "2026-11-22" / "a.csv.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no gzip")
    assert forget_in_landing(Settings(home=tmp_path), FORGOTTEN) == 1
    assert not path.exists()


SHORT = Forgotten(
    account_ids=frozenset({"17"}),
    order_ids=frozenset({"1001"}),
    emails=frozenset({"kari@post.example"}),
    phones=frozenset({"91234567"}),
)


@pytest.mark.parametrize(
    ("dataset", "name", "delivered", "kept"),
    [
        (
            "webshop/accounts",
            "a.csv",
            "account_id;email;street;created_at;updated_at\n17;;Veien 1;2026-01-01T00:00:00Z;2026-01-01T00:00:00Z\n"
            "18;ola@post.example;Storgata 17;2026-01-17T00:00:00Z;2026/01/17 17:00\n",
            "account_id;email;street;created_at;updated_at\n"
            "18;ola@post.example;Storgata 17;2026-01-17T00:00:00Z;2026/01/17 17:00\n",
        ),
        (
            "tracker/events",
            "a.ndjson",
            '{"messageId": "m1", "type": "page", "anonymousId": "b1", "userId": 17, "timestamp": "2026-01-01"}\n'
            '{"messageId": "17", "type": "page", "anonymousId": "b2", "properties": {"quantity": 17, "price": "17"}}\n',
            '{"messageId": "17", "type": "page", "anonymousId": "b2", "properties": {"quantity": 17, "price": "17"}}\n',
        ),
        (
            "webshop/orders",
            "a.csv",
            "order_id,account_id,email,placed_at,status,currency,total_amount,updated_at\n"
            '91234567,17,Kari@post.example,2026-01-17,paid,NOK,17,"17"\n1001,,x@y.example,1,paid,NOK,5,1\n'
            "17,18,ola@post.example,17,paid,NOK,17,17\n",
            "order_id,account_id,email,placed_at,status,currency,total_amount,updated_at\n"
            "91234567,,,2026-01-17,paid,NOK,17,17\n1001,,,1,paid,NOK,5,1\n"
            "17,18,ola@post.example,17,paid,NOK,17,17\n",
        ),
        (
            "webshop/orders",
            "a.ndjson",
            '{"order_id": 1, "account_id": 17, "phone": 91234567, "total_amount": 17, "note": "ring 912 34 567"}\n',
            '{"order_id": 1, "account_id": "", "phone": "", "total_amount": 17, "note": "ring "}\n',
        ),
        (
            "service/cases",
            "a.csv",
            "case_id,order_id,topic,opened_at,updated_at\n1001,55,late,1,1\nc2,1001,late,1,1\n",
            "case_id,order_id,topic,opened_at,updated_at\n1001,55,late,1,1\n",
        ),
    ],
)
def test_a_short_id_is_looked_for_in_its_own_column_only(
    tmp_path: Path, dataset: str, name: str, delivered: str, kept: str
) -> None:
    """Account 17 is forgotten: house number 17, the 17th and whatever costs 17 are not that person's."""
    path = tmp_path / "landing" / dataset / "2026-11-22" / name
    path.parent.mkdir(parents=True)
    path.write_text(delivered)
    assert forget_in_landing(Settings(home=tmp_path), SHORT) == 1
    assert path.read_text() == kept
