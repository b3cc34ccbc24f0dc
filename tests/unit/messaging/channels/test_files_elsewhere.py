"""Files handed off elsewhere: the manifest comes last, and after a crash what lies there was handed off."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from assets.messaging.channels.remote_files import RemoteFileChannel
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.manifest import SUFFIX
from assets.messaging.reconcile import reconcile
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row


@pytest.fixture
def bucket() -> Iterator[str]:
    files = fsspec.filesystem("memory")
    yield "memory://bucket/outbox"
    if files.exists("/bucket"):
        files.rm("/bucket", recursive=True)


def remote(setting: Settings, url: str) -> RemoteFileChannel:
    return RemoteFileChannel(url, setting.outbox_dir, setting.home / "staging")


def test_files_go_elsewhere_under_the_same_names_and_the_manifest_last(tmp_path: Path, bucket: str) -> None:
    """The collector's rule is the same: what no manifest names is not there. Mails do not stay on this disk."""
    setting = kit.settings(tmp_path)
    with open_ledger(setting) as outbox:
        work = hand_off(setting, outbox, ListContent([row(n) for n in range(4)]))
        work.channel = remote(setting, bucket)
        seen: dict[str, list[str]] = {}
        work.failpoint = lambda point: seen.update({point: fsspec.filesystem("memory").find("/bucket")})
        assert work.run().n_accepted == 4
    assert any(name.endswith(".zst") for name in seen["revealed"])
    assert not any(name.endswith(SUFFIX) for name in seen["revealed"])
    assert any(name.endswith(SUFFIX) for name in seen["manifested"])
    assert [path.suffix for path in setting.outbox_dir.rglob("*") if path.is_file()] == [".json"]


@pytest.mark.parametrize(("point", "n_again"), [("intended", 4), ("revealed", 0), ("manifested", 0)])
def test_after_a_crash_the_other_side_is_looked_at(tmp_path: Path, bucket: str, point: str, n_again: int) -> None:
    """What lies there was handed off; what does not, was not, once its writer is gone."""
    setting = kit.settings(tmp_path)
    with open_ledger(setting) as outbox:

        def die(name: str) -> None:
            if name == point:
                raise SystemExit

        work = hand_off(setting, outbox, ListContent([row(n) for n in range(4)]), failpoint=die)
        work.channel = remote(setting, bucket)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(work), "_undo", lambda *_: None)
            with pytest.raises(SystemExit):
                work.run()
        found = reconcile(outbox, remote(setting, bucket), kit.SIX, senders_are_gone=True)
        assert (found.accepted, found.deferred) == (4 - n_again, n_again)
