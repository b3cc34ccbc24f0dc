"""SMS through a Kannel gateway (`sendsms`), and the evidence that one's own gateway keeps.

Our id travels as Kannel's billing information (`binfo`), which its access log repeats for every message sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from assets.messaging.channels import Promise
from assets.messaging.channels.http import Endpoint, Lost, NotSent, ask_for
from assets.messaging.channels.messages import Answer, Doubt, Fate, Letter, Result, all_alike
from assets.messaging.channels.postfix_log import log_instant
from assets.messaging.states import State

_TAKEN = re.compile(rb"^\s*[03]: ")
# Delivered, failed, and what the network said in between.
_ALL_REPORTS = "31"
# A message that the network refused was taken, too: it comes back as a report.
_LOGGED = re.compile(
    r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) "
    r"(?:(?:Sent|FAILED Send|REJECTED|DISCARDED) SMS .*?\[BINF:([^\]]*)\])?"
)
_QUEUES = re.compile(rb"SMS: received \d+ \((\d+) queued\), sent \d+ \((\d+) queued\), store size (-?\d+)")


@dataclass(frozen=True, slots=True)
class KannelLog:
    """The gateway's access log and its status page: what it sent, and that nothing waits inside it."""

    path: Path
    status: Endpoint
    status_target: str
    settle: timedelta = timedelta(seconds=30)

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        """ACCEPTED for what the access log names. ABSENT only if the log covers the attempt and no queue holds any."""
        # Asked before the log is read: what leaves a queue in between is then in the log.
        is_empty = self._nothing_waits()
        began_at: datetime | None = None
        named: set[str] = set()
        with self.path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                if found := _LOGGED.match(line):
                    began_at = began_at or log_instant(found[1], now)
                    named.add(found[2] or "")
        fates = {doubt.message_id: Fate.ACCEPTED for doubt in doubts if doubt.message_id in named}
        for doubt in doubts:
            is_covered = began_at is not None and began_at <= doubt.since
            if doubt.message_id not in named and is_covered and is_empty and now - doubt.since > self.settle:
                fates[doubt.message_id] = Fate.ABSENT
        return fates

    def _nothing_waits(self) -> bool:
        try:
            page = self.status.ask("GET", self.status_target, {}).body
        except (NotSent, Lost):
            return False
        found = _QUEUES.search(page)
        return found is not None and all(int(n) <= 0 for n in found.groups())


class KannelChannel:
    """One gateway. `report_url` makes the address that delivery reports of a message go to."""

    def __init__(
        self,
        endpoint: Endpoint,
        user: str,
        password: str,
        *,
        report_url: Callable[[str], str] | None = None,
        rate: float | None = None,
        log: KannelLog | None = None,
    ) -> None:
        self._endpoint, self._user, self._password, self._log = endpoint, user, password, log
        self._report_url = report_url
        self.promise = Promise.one_by_one("kannel", rate=rate, has_log=log is not None)

    def send(self, letters: Sequence[Letter]) -> Answer:
        [letter] = letters
        asked = {
            "username": self._user,
            "password": self._password,
            "from": letter.record["sender"],
            "to": letter.address,
            "text": letter.record["text"],
            "charset": "UTF-8",
            "coding": "2" if letter.record["encoding"] == "UCS-2" else "0",
            "binfo": letter.message_id,
        }
        if self._report_url:
            asked |= {"dlr-mask": _ALL_REPORTS, "dlr-url": f"{self._report_url(letter.message_id)}?status=%d"}
        response = ask_for(letters, self._endpoint, "GET", f"/cgi-bin/sendsms?{urlencode(asked)}", {})
        if isinstance(response, Answer):
            return response
        if not _TAKEN.match(response.body):
            return all_alike(letters, State.UNKNOWN, "an answer that Kannel does not give")
        return Answer((Result(letter.message_id, State.ACCEPTED),))

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        return self._log.look_up(doubts, now) if self._log else {}
