"""Workers in processes of their own that can be killed or paused at a named point, started by fork to be quick."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from assets.messaging.ledger_guard import open_ledger
from assets.messaging.rendering import MessageSource
from orchestration.settings import Settings
from tests.faults.kit import ListContent, PlainSource, hand_off

# In the order in which a batch passes them.
POINTS = (
    *("reconciled", "planned", "rechecked", "approved", "claimed", "staged"),
    *("intended", "revealed", "manifested", "accepted"),
)


def at(point: str, occurrence: int, sent: signal.Signals) -> Callable[[str], None]:
    """A failpoint that sends this process a signal when it passes a point for the n-th time."""
    passed: Counter[str] = Counter()

    def hook(name: str) -> None:
        passed[name] += 1
        if name == point and passed[name] == occurrence:
            os.kill(os.getpid(), sent)

    return hook


def start(work: Callable[[], None]) -> int:
    """Run `work` in a child process; returns its id."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        work()
        code = 0
    except BaseException:  # noqa: BLE001 - a child must never return into the test runner
        traceback.print_exc()
    finally:
        os._exit(code)


def start_paused(work: Callable[[], None]) -> int:
    """Run `work`, which stops itself at its failpoint; returns the child's id once it has."""
    child = start(work)
    os.waitpid(child, os.WUNTRACED)
    return child


def resume(child: int) -> int:
    """Let a paused child go on to its end, as `finish` does."""
    os.kill(child, signal.SIGCONT)
    return finish(child)


def finish(child: int) -> int:
    """Wait for a child: 0 for success, a negative signal number if it was killed."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def worker(
    setting: Settings,
    content: ListContent,
    *,
    source: MessageSource | None = None,
    failpoint: Callable[[str], None] | None = None,
    max_batch: int = 4,
    hours_later: float = 0,
) -> Callable[[], None]:
    """One whole hand-off with a ledger connection of its own; `hours_later` lets others' leases run out."""

    def work() -> None:
        with open_ledger(setting) as outbox:
            if hours_later:
                outbox._now = lambda: datetime.now(UTC) + timedelta(hours=hours_later)
            hand_off(
                setting, outbox, content, source=source or PlainSource(), failpoint=failpoint, max_batch=max_batch
            ).run()

    return work
