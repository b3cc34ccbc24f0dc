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
