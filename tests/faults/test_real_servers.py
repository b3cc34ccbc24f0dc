"""kill −9 against a real Postfix and a real SMS gateway: none lost, none twice, counted in the servers' own logs."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assets.messaging.ledger_guard import open_ledger
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.forks import at, finish, resume, start, start_paused
from tests.faults.kit import states
from tests.faults.one_by_one import RELEASE_POINTS, WORK_POINTS, process, spooled, work_until_settled
from tests.faults.real_provider import Provider, to_kannel, to_postfix
from tests.faults.wrong_designs import mark_first, requeue_on_lease_expiry, retry_unknown, send_first
from tests.servers.kannel import running_kannel
from tests.servers.postfix import running_postfix
from tests.servers.postgres import new_database, running_postgres

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def postfix() -> Iterator[Provider]:
    with running_postfix() as server:
        yield to_postfix(server)


@pytest.fixture(scope="module")
def kannel() -> Iterator[Provider]:
    with running_kannel() as server:
        yield to_kannel(server)


@pytest.fixture(params=["postfix", "kannel"])
def provider(request: pytest.FixtureRequest) -> Provider:
    return request.getfixturevalue(request.param)


_NEXT = iter(range(1_000, 10_000_000, 1_000))


def assert_settled(setting: Settings) -> None:
    with open_ledger(setting) as outbox:
        assert set(states(outbox)) == {"ACCEPTED"}
    assert not spooled(setting)


@pytest.mark.parametrize("point", [*RELEASE_POINTS, *WORK_POINTS])
def test_killed_at_this_point_it_loses_and_doubles_nothing(provider: Provider, tmp_path: Path, point: str) -> None:
    """What a dead worker left in doubt is settled by the server's own log, never by assumption."""
    setting, content = kit.settings(tmp_path), provider.rows(next(_NEXT), 12)
    occurrence = 3 if point == "sent" else 1
    killed = process(setting, content, provider.make, failpoint=at(point, occurrence, signal.SIGKILL))
    assert finish(start(killed)) == -signal.SIGKILL
    assert finish(start(process(setting, content, provider.make))) == 0
    work_until_settled(setting, provider.make)
    assert provider.judge(content) == (0, 0)
    assert_settled(setting)


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with running_postgres() as folder:
        yield folder


@pytest.mark.parametrize("point", WORK_POINTS)
def test_killed_at_this_point_with_the_ledger_on_postgres(
    kannel: Provider, postgres: str, tmp_path: Path, point: str
) -> None:
    """Leases, fences and evidence mean the same in both databases."""
    setting, content = kit.settings(tmp_path, ledger_url=new_database(postgres)), kannel.rows(next(_NEXT), 12)
    killed = process(setting, content, kannel.make, failpoint=at(point, 1, signal.SIGKILL))
    assert finish(start(killed)) == -signal.SIGKILL
    assert finish(start(process(setting, content, kannel.make))) == 0
    work_until_settled(setting, kannel.make)
    assert kannel.judge(content) == (0, 0)
    assert_settled(setting)


@pytest.mark.parametrize("name", ["postfix", "kannel"])
def test_killed_at_random_instants_it_loses_and_doubles_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, name: str
) -> None:
    """150 kills a server and more, two workers at a time, wherever they happen to be."""
    provider: Provider = request.getfixturevalue(name)
    drawn, n_kills = random.Random(f"{name} 20261120"), 0
    for number in itertools.count():
        if n_kills >= 150:
            break
        assert number < 40, "workers end before they can be killed"
        setting, content = kit.settings(tmp_path / str(number)), provider.rows(next(_NEXT), 240)
        for _ in range(8):
            children = [start(process(setting, content, provider.make)) for _ in range(2)]
            time.sleep(drawn.uniform(0.02, 0.2))
            for child in children:
                os.kill(child, signal.SIGKILL)
            n_kills += [finish(child) for child in children].count(-signal.SIGKILL)
        assert finish(start(process(setting, content, provider.make))) == 0
        work_until_settled(setting, provider.make)
        assert provider.judge(content) == (0, 0)
        assert_settled(setting)


def test_two_senders_and_a_paused_one_that_resumes_double_nothing(provider: Provider, tmp_path: Path) -> None:
    """The paused one wakes hours later with an old fence: its lease is over, and others have gone on."""
    setting, content = kit.settings(tmp_path), provider.rows(next(_NEXT), 60)
    paused = start_paused(process(setting, content, provider.make, failpoint=at("intended", 1, signal.SIGSTOP)))
    others = [start(process(setting, content, provider.make, hours_later=1)) for _ in range(2)]
    assert [finish(child) for child in others] == [0, 0]
    with open_ledger(setting) as outbox:
        assert states(outbox) == {"ACCEPTED": 44, "UNKNOWN": 16}
    assert resume(paused) == 0
    work_until_settled(setting, provider.make)
    assert provider.judge(content) == (0, 0)
    assert_settled(setting)


@pytest.mark.parametrize(
    ("mutant", "killed_at", "is_caught_by"),
    [
        (mark_first, "intended", "lost"),
        (send_first, "intended", "doubled"),
        (requeue_on_lease_expiry, "answered", "doubled"),
        (retry_unknown, "answered", "doubled"),
    ],
)
def test_the_servers_log_catches_this_mutant(
    provider: Provider, tmp_path: Path, mutant: Callable[[], Any], killed_at: str, is_caught_by: str
) -> None:
    """A proof of "exactly once" that also holds for a design known to be wrong would prove nothing."""
    setting, content = kit.settings(tmp_path), provider.rows(next(_NEXT), 12)
    with mutant():
        killed = process(setting, content, provider.make, failpoint=at(killed_at, 1, signal.SIGKILL))
        assert finish(start(killed)) == -signal.SIGKILL
        finish(start(process(setting, content, provider.make)))
    lost, doubled = provider.judge(content)
    assert {"lost": lost, "doubled": doubled}[is_caught_by] > 0
