"""Files that are cut off, not what their names say, or too large: refused whole, in words that say what to do."""

from __future__ import annotations

import gzip

import pytest
import zstandard

from tests.unit.landing.conftest import GOOD, Shop, only_error

ORDERS = "webshop/orders"
HEADER = ",".join(GOOD[ORDERS])
ROW = ",".join(GOOD[ORDERS].values())


def test_an_empty_compressed_file_is_refused_too(shop: Shop) -> None:
    """A transfer that broke before its first byte leaves a name only."""
    shop.deliver(ORDERS, b"", "a.csv.zst")
    assert "is empty" in only_error(shop)


@pytest.mark.parametrize("missing", [1, 8, 40])
def test_a_truncated_gzip_is_refused_whole(shop: Shop, missing: int) -> None:
    """Half a delivery would look like a whole one to everything that follows."""
    data = gzip.compress((f"{HEADER}\n" + f"{ROW}\n" * 500).encode(), mtime=0)[:-missing]
    path = shop.deliver(ORDERS, b"", "a.csv")
    path.rename(path.with_suffix(".csv.gz")).write_bytes(data)
    assert only_error(shop) == (
        "a.csv.gz: ends in the middle of its gzip data: the transfer was cut off; deliver it again"
    )
    assert not shop.raw_file(ORDERS).exists()


def test_a_truncated_zstd_is_refused_whole(shop: Shop) -> None:
    """Some readers return the first part of such a file without a word."""
    data = zstandard.compress((f"{HEADER}\n" + f"{ROW}\n" * 500).encode())
    shop.deliver(ORDERS, data[:-4], "a.csv.zst")
    assert "ends in the middle of its zstd data" in only_error(shop)


def test_a_file_that_is_not_compressed_as_its_name_says_is_refused(shop: Shop) -> None:
    """It may be anything; its sender has to say what."""
    path = shop.deliver(ORDERS, f"{HEADER}\n{ROW}\n", "a.csv")
    path.rename(path.with_name("a.csv.gz"))
    assert "is no valid gzip file" in only_error(shop)


@pytest.mark.parametrize(
    ("start", "kind"),
    [(b"PK\x03\x04\xff", "an Excel workbook"), (b"PAR1\xff", "a Parquet file"), ("A".encode("utf-16"), "UTF-16")],
)
def test_another_kind_of_file_under_a_csv_name_is_recognised(shop: Shop, start: bytes, kind: str) -> None:
    """'Not UTF-8' alone would send people looking for the wrong mistake."""
    shop.deliver(ORDERS, start + b"\xff\x00\xfe" * 10)
    assert kind in only_error(shop)


def test_a_kind_of_file_that_nobody_can_read_is_refused_by_name(shop: Shop) -> None:
    """A file that is ignored silently is a file that everybody believes was landed."""
    shop.deliver(ORDERS, b"x", "orders.xlsx")
    assert "orders.xlsx: is of a kind that cannot be read; deliver .csv, .parquet or .ndjson" in only_error(shop)


def test_a_truncated_parquet_file_is_refused(shop: Shop, parquet_bytes) -> None:
    """Its directory stands at the end."""
    shop.deliver(ORDERS, parquet_bytes({"order_id": ["1"]})[:-20], "a.parquet")
    assert only_error(shop) == "a.parquet: is no readable Parquet file; deliver it again"


def test_a_file_that_unpacks_to_too_much_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few kilobytes of zeros can unpack to more than the machine has."""
    monkeypatch.setattr("assets.landing.delivery.MAX_FILE_BYTES", 10_000)
    monkeypatch.setattr("assets.landing.delivery._CHUNK", 1_000)
    shop.deliver(ORDERS, b"0" * 1_000_000, "a.csv.gz")
    assert "deliver it in several files" in only_error(shop)
