"""kill −9 against a real Postfix and a real SMS gateway: none lost, none twice, counted in the servers' own logs."""

from __future__ import annotations

import itertools
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assets.messaging import attempts, doubts, reconcile, worker
from assets.messaging.channels.http import Endpoint
from assets.messaging.channels.kannel import KannelChannel, KannelLog
from assets.messaging.channels.messages import MessageChannel, Result
from assets.messaging.channels.postfix_log import PostfixLog
from assets.messaging.channels.smtp import Server, SmtpChannel
from assets.messaging.claims import Claim
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.outbox import Outbox
from assets.messaging.states import State
from assets.messaging.worker import Worker
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.forks import at, finish, resume, start, start_paused
from tests.faults.kit import ListContent, mutated, row, states
from tests.faults.one_by_one import RELEASE_POINTS, WORK_POINTS, process, spooled, work_until_settled
from tests.servers import wait_for
from tests.servers.kannel import Kannel, running_kannel
from tests.servers.postfix import Postfix, running_postfix
from tests.servers.postgres import new_database, running_postgres

pytestmark = pytest.mark.slow
SETTLE = timedelta(seconds=1.5)


@dataclass
class Provider:
    """A real server, the channel to it, and how it counts what it got."""

    channel: str
    make: Callable[[], Mapping[str, MessageChannel]]
    received: Callable[[], Counter[str]]
    is_idle: Callable[[], bool]

    def rows(self, first: int, n: int) -> ListContent:
        """`n` messages that no other test sends."""
        due = {"send_at": row(0)["send_at"]}
        if self.channel == "email":
            return ListContent([row(first + i, **due) for i in range(n)])
        numbers = [f"+479{first + i:07d}" for i in range(n)]
        return ListContent([row(first + i, channel="sms", address=to, **due) for i, to in enumerate(numbers)])

    def judge(self, content: ListContent) -> tuple[int, int]:
        """(lost, doubled), as the server counts."""
        wait_for(self.is_idle, 30, "the server delivers what it took")
        key = "message_id" if self.channel == "email" else "address"
        got = self.received()
        counted = [got[one[key]] for one in content.rows]
        return sum(n == 0 for n in counted), sum(n - 1 for n in counted if n > 1)


def to_postfix(server: Postfix) -> Provider:
    def make() -> Mapping[str, MessageChannel]:
        at = Server("127.0.0.1", server.port, tls="none")
        return {"email": SmtpChannel(at, log=PostfixLog(server.log, SETTLE))}

    return Provider("email", make, server.received, lambda: server.n_queued() == server.received().total())


def to_kannel(server: Kannel) -> Provider:
    def make() -> Mapping[str, MessageChannel]:
        status = Endpoint("127.0.0.1", server.admin, tls=False)
        log = KannelLog(server.access_log, status, "/status.txt?password=secret", SETTLE)
        return {"sms": KannelChannel(Endpoint("127.0.0.1", server.port, tls=False), "fredning", "secret", log=log)}

    def is_idle() -> bool:
        return server.received().total() == server.access_log.read_text(errors="replace").count("Sent SMS")

    return Provider("sms", make, server.received, is_idle)


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


# --- the tests must be able to fail -------------------------------------------------------------------


def mark_first() -> Any:
    """Notes acceptance with the intent: what a kill then prevents is lost."""
    real = attempts.begin

    def begin(outbox: Outbox, *rest: Any) -> Any:
        started = real(outbox, *rest)
        attempts.record(outbox, started, [Result(i, State.ACCEPTED) for i in started.message_ids])
        return started

    return mutated(attempts, "begin", begin)


def send_first() -> Any:
    """Sends what is claimed and writes the intent afterwards: a kill in between sends again."""
    real = Worker._send

    def send(self: Worker, batch: Any, claim: Claim, letters: Any, pool: Any, report: Any) -> None:
        for letter in letters:
            self.channels[batch["channel"]].send([letter])
        self.failpoint("intended")
        real(self, batch, claim, [], pool, report)

    return mutated(Worker, "_send", send)


def requeue_on_lease_expiry() -> Any:
    """Takes a dead lease in SENDING for a message that was never sent, wherever dead leases are looked at."""

    def release_dead(outbox: Outbox, *, senders_are_gone: bool = False) -> dict[State, int]:
        with outbox.transaction() as tx:
            tx.exec_driver_sql("update messages set state = 'READY' where state in ('CLAIMED', 'SENDING')")
        return {State.READY: 0, State.UNKNOWN: 0}

    everywhere = ExitStack()
    for module in (worker, reconcile):
        everywhere.enter_context(mutated(module, "release_dead", release_dead))
    return everywhere


def retry_unknown() -> Any:
    """Takes a missing answer for a no."""

    def settle_doubts(outbox: Outbox, *_: Any, **__: Any) -> list[Any]:
        with outbox.transaction() as tx:
            tx.exec_driver_sql("update messages set state = 'READY' where state = 'UNKNOWN'")
        return []

    return mutated(doubts, "settle_doubts", settle_doubts)


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
