"""Evidence from the log of a Postfix of one's own: which of our Message-IDs it took, and which it did not.

A queue id serves many mails in the course of time, so a line counts for the mail that had the id last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from assets.messaging.channels.messages import Doubt, Fate

_LINE = re.compile(r"^(\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\S+) \S+ postfix(?:/[\w-]+)*/(\w+)\[(\d+)\]: (.*)")
_QUEUE_ID = re.compile(r"(\w+): (client=|message-id=<([^@>]+)@|from=.*\(queue active\))")
_ABORTED = re.compile(r"(?:lost connection|timeout) after (?:DATA|BDAT)\b")


@dataclass(slots=True)
class _Read:
    """What the log says so far: ids taken, ids begun and not finished, mails under way."""

    began_at: datetime | None = None
    accepted: set[str] = field(default_factory=set)
    # queue id → (our id, the process that receives it)
    open_mails: dict[str, tuple[str, str]] = field(default_factory=dict)
    receiver: dict[str, str] = field(default_factory=dict)

    def line(self, service: str, process: str, text: str) -> None:
        if service == "smtpd" and _ABORTED.match(text):
            # Died before the final dot: Postfix throws the mail away.
            self.open_mails = {q: mail for q, mail in self.open_mails.items() if mail[1] != process}
            return
        found = _QUEUE_ID.match(text)
        if not found:
            return
        queue_id = found[1]
        if service == "smtpd" and found[2] == "client=":
            self.receiver[queue_id] = process
        elif service == "cleanup" and found[3]:
            self.open_mails[queue_id] = (found[3], self.receiver.get(queue_id, ""))
        elif service == "qmgr" and queue_id in self.open_mails:
            self.accepted.add(self.open_mails.pop(queue_id)[0])


@dataclass(frozen=True, slots=True)
class PostfixLog:
    """The log file of the relay (and its predecessor after a rotation).

    `settle`: how long after an attempt the log may still be behind; before that nothing counts as absent.
    """

    path: Path
    settle: timedelta = timedelta(seconds=30)

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        """ACCEPTED for what was queued. ABSENT only if the log covers the attempt and shows no trace of it."""
        read = _Read()
        for at, service, process, text in self._lines(now):
            read.began_at = read.began_at or at
            read.line(service, process, text)
        under_way = {message_id for message_id, _ in read.open_mails.values()}
        fates: dict[str, Fate] = {}
        for doubt in doubts:
            if doubt.message_id in read.accepted:
                fates[doubt.message_id] = Fate.ACCEPTED
                continue
            is_covered = read.began_at is not None and read.began_at <= doubt.since
            if is_covered and doubt.message_id not in under_way and now - doubt.since > self.settle:
                fates[doubt.message_id] = Fate.ABSENT
        return fates

    def _lines(self, now: datetime) -> Iterator[tuple[datetime, str, str, str]]:
        for path in (self.path.with_name(self.path.name + ".1"), self.path):
            if path.is_file():
                with path.open(encoding="utf-8", errors="replace") as file:
                    yield from _parsed(file, now)


def _parsed(lines: Iterable[str], now: datetime) -> Iterator[tuple[datetime, str, str, str]]:
    for line in lines:
        if found := _LINE.match(line):
            yield log_instant(found[1], now), found[2], found[3], found[4]


def log_instant(text: str, now: datetime) -> datetime:
    """The instant of a log line: ISO, or `Nov 22 04:07:58` in the machine's own zone and without a year."""
    if text[:4].isdigit():
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC)
    local = datetime.strptime(f"{now.astimezone().year} {text}", "%Y %b %d %H:%M:%S").astimezone()
    if local > now + timedelta(days=1):
        local = local.replace(year=local.year - 1)
    return local.astimezone(UTC)
