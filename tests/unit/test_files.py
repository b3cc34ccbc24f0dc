"""Files that appear whole or not at all."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from orchestration.files import write_atomically


def test_threads_that_write_the_same_file_do_not_take_each_others_bytes(tmp_path: Path) -> None:
    """Two clicks of one person are two threads of the service that leave the same delivery."""
    target = tmp_path / "delivery"

    def write(number: int) -> None:
        def fill(path: Path) -> None:
            with path.open("ab") as stream:
                for _ in range(20):
                    stream.write(b"%03d" % number)
                    stream.flush()
                    time.sleep(0.0001)

        write_atomically(target, fill)
        assert target.read_bytes() in {b"%03d" % other * 20 for other in range(64)}

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(64)))
    assert [path.name for path in tmp_path.iterdir()] == ["delivery"]


def test_nothing_is_left_behind_by_a_write_that_fails(tmp_path: Path) -> None:
    def fail(path: Path) -> None:
        path.write_bytes(b"half")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_atomically(tmp_path / "delivery", fail)
    assert list(tmp_path.iterdir()) == []
