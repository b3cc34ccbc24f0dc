"""What only SFTP can do wrong: files that show while they grow, and servers whose key nobody knows."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from assets.messaging.channels.file import Found
from assets.messaging.channels.remote_files import Unreachable
from assets.messaging.manifest import SUFFIX
from tests.faults import kit
from tests.faults.elsewhere.other_side import channel_to
from tests.servers.scripted import cutting_proxy
from tests.servers.sftp import Sftp


def test_a_half_written_file_has_no_name_that_anybody_takes(server: Sftp, tmp_path: Path) -> None:
    """SFTP shows a file while it grows. Cut off in the middle, it must not look like a batch, nor stand in the way."""
    content, name = b"\x00\x01\x02\x03" * 500_000, "2026-11-20/email/batch.ndjson.zst"
    with cutting_proxy(server.port, after_bytes=600_000) as port:
        server.trust(port=port)
        channel = channel_to(server.url.replace(f":{server.port}", f":{port}"), tmp_path)
        with pytest.raises(OSError):
            channel.reveal(channel.stage(name, content), name)
    (left,) = [path for path in server.files.rglob("*") if path.is_file()]
    assert left.name.startswith(".")
    assert 0 < left.stat().st_size < len(content)
    again = channel_to(server.url, tmp_path)
    digest = hashlib.sha256(content).hexdigest()
    assert again.look_up(name, digest, f"2026-11-20/batch{SUFFIX}", b"{}") is Found.NOTHING
    again.reveal(again.stage(name, content), name)
    assert (server.files / name).read_bytes() == content


def test_a_server_that_nobody_knows_gets_nothing(server: Sftp, tmp_path: Path) -> None:
    """fsspec alone trusts whoever answers first; the files are full of addresses."""
    (server.home / ".ssh" / "known_hosts").unlink()
    with pytest.raises(Unreachable, match="known_hosts"):
        channel_to(server.url, tmp_path).put("2026-11-20/x.manifest.json", b"{}")
    assert list(server.files.iterdir()) == []


def test_a_server_with_another_key_than_before_gets_nothing(server: Sftp, tmp_path: Path) -> None:
    """A changed key is what an attacker in the middle looks like."""
    kind, other = (server.home / ".ssh" / "id_ed25519.pub").read_text().split()[:2]
    (server.home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {kind} {other}\n")
    with pytest.raises(Unreachable, match="known_hosts"):
        channel_to(server.url, tmp_path).put("2026-11-20/x.manifest.json", b"{}")
    assert list(server.files.iterdir()) == []


def test_the_address_is_in_no_words(server: Sftp, tmp_path: Path) -> None:
    """It may hold a password; settings and errors are logged."""
    url = server.url.replace("sftp://", "sftp://someone:hunter2-")
    assert "hunter2" not in repr(replace(kit.settings(tmp_path), files_to=url))
    with pytest.raises(OSError) as error:
        channel_to(f"sftp://nobody:hunter2@127.0.0.1:{server.port}/x", tmp_path).put("x.manifest.json", b"{}")
    assert "hunter2" not in str(error.value)
