"""Connections that are lost before, between or after file and manifest: everything lies there once, and whole."""

from __future__ import annotations

import pytest

from assets.messaging.channels.configured import file_channel
from assets.messaging.manifest import SUFFIX
from assets.messaging.outbox import Outbox
from assets.messaging.reconcile import reconcile, verify
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.elsewhere.other_side import Elsewhere, N, all_ids, run
from tests.faults.kit import states


def test_everything_lies_there_once_whole_and_named_by_manifests(
    home: Settings, outbox: Outbox, elsewhere: Elsewhere
) -> None:
    """The collector's rule is that of the local outbox; a second run adds and changes nothing."""
    assert run(home, outbox).n_accepted == N
    there = elsewhere.files()
    assert elsewhere.taken() == all_ids()
    assert [name for name in there if name.rpartition("/")[2].startswith(".")] == []
    assert run(home, outbox).n_accepted == 0
    assert elsewhere.files() == there
    assert verify(outbox, file_channel(home, home.home / "staging"), kit.RUN_DATE) == []


def test_the_manifest_comes_last(home: Settings, outbox: Outbox, elsewhere: Elsewhere) -> None:
    """A collector that looks in between must not take a batch that is still coming."""
    seen: dict[str, list[str]] = {}
    run(home, outbox, failpoint=lambda point: seen.setdefault(point, list(elsewhere.files())))
    assert any(name.endswith(".zst") for name in seen["revealed"])
    assert not any(name.endswith(SUFFIX) for name in seen["revealed"])
    assert any(name.endswith(SUFFIX) for name in seen["manifested"])


@pytest.mark.parametrize("point", ["intended", "revealed", "manifested"])
def test_a_connection_lost_at_this_point_is_made_good_once(
    home: Settings, outbox: Outbox, elsewhere: Elsewhere, point: str
) -> None:
    """Between file and manifest, before both and after both: the next run looks first, and every message goes once."""

    def cut(name: str) -> None:
        if name == point:
            elsewhere.server.stop()

    try:
        with pytest.raises(OSError):
            run(home, outbox, failpoint=cut)
    finally:
        elsewhere.server.start()
    before = elsewhere.files()
    reconcile(outbox, file_channel(home, home.home / "staging"), kit.SIX, senders_are_gone=True)
    run(home, outbox)
    run(home, outbox)
    assert elsewhere.taken() == all_ids()
    assert states(outbox) == {"ACCEPTED": N}
    after = elsewhere.files()
    assert {name: after[name] for name in before} == before, "what lay there was changed"


def test_a_channel_whose_connection_was_lost_makes_a_new_one(
    home: Settings, outbox: Outbox, elsewhere: Elsewhere
) -> None:
    """A process that runs many days must not carry a dead connection from one to the next."""
    channel = file_channel(home, home.home / "staging")
    channel.put("2026-11-20/first.manifest.json", b"{}")
    elsewhere.server.stop()
    with pytest.raises(OSError):
        channel.put("2026-11-20/second.manifest.json", b"{}")
    elsewhere.server.start()
    channel.put("2026-11-20/second.manifest.json", b"{}")
    assert len(elsewhere.files()) == 2
