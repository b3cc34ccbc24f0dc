"""Names that are taken, also in the instant between a look and a write: nothing is ever written over."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import ClassVar

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from assets.messaging.channels.configured import file_channel
from assets.messaging.channels.file import NameTaken
from assets.messaging.outbox import Outbox
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.elsewhere.other_side import CONTENT, Elsewhere, N, channel_to, run
from tests.faults.kit import hand_off, states


def test_a_name_that_is_taken_by_other_content_is_left_alone_and_a_person_asked(
    home: Settings, outbox: Outbox, elsewhere: Elsewhere
) -> None:
    """Whoever put it there may have collected it; overwriting would make two truths of one name."""
    work = hand_off(home, outbox, CONTENT, max_batch=N)
    _, waiting = work.planner.plan()
    [(batch_id, _)] = waiting
    name = f"{kit.RUN_DATE}/email/{batch_id}.ndjson.zst"
    elsewhere.write(name, b"something else")
    with pytest.raises(NameTaken):
        run(home, outbox, max_batch=N)
    assert elsewhere.files()[name] == b"something else"
    assert elsewhere.taken() == []
    assert states(outbox) == {"QUARANTINED": N}


@pytest.mark.parametrize("first", [b"something else", b"the very same"])
def test_two_senders_who_both_saw_nothing_never_write_over_each_other(
    elsewhere: Elsewhere, home: Settings, first: bytes
) -> None:
    """Between a look and a write there is always an instant; only the other side can close it."""
    name, content = "2026-11-20/email/batch.ndjson.zst", b"the very same"
    channel = file_channel(home, home.home / "staging")
    look, looks = channel.read, iter([elsewhere])

    def read(asked: str) -> bytes | None:
        for other in looks:
            assert look(asked) is None
            other.write(name, first)
            return None
        return look(asked)

    channel.read = read  # type: ignore[method-assign]
    staged = channel.stage(name, content)
    if first == content:
        channel.reveal(staged, name)
    else:
        with pytest.raises(NameTaken):
            channel.reveal(staged, name)
    assert elsewhere.files() == {name: first}


@pytest.mark.parametrize("scheme", ["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"])
@pytest.mark.parametrize("first", [b"something else", b"the very same"])
def test_no_object_store_is_asked_to_write_over_what_somebody_wrote_between_look_and_write(
    scheme: str, first: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google's and Azure's adapters take the same word for it as S3's, which is tried above; here is who is asked."""

    class Store(MemoryFileSystem):
        protocol = scheme
        store: ClassVar[dict[str, object]] = {}
        asked: ClassVar[list[str]] = []

        def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: object) -> None:
            self.asked.append(mode)
            super().pipe_file(path, first)
            super().pipe_file(path, value, mode=mode)

    monkeypatch.setitem(import_module("fsspec.registry")._registry, scheme, Store)
    channel, name = channel_to(f"{scheme}://outbox/drop", tmp_path), "2026-11-20/email/batch.ndjson.zst"
    if first == b"the very same":
        channel.put(name, b"the very same")
    else:
        with pytest.raises(NameTaken):
            channel.put(name, b"the very same")
    assert Store.asked == ["create"]
    assert channel.read(name) == first
