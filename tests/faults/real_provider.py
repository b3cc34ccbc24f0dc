"""Real servers as tests see them: the channel to each, and how it counts what it got."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from assets.messaging.channels.http import Endpoint
from assets.messaging.channels.kannel import KannelChannel, KannelLog
from assets.messaging.channels.messages import MessageChannel
from assets.messaging.channels.postfix_log import PostfixLog
from assets.messaging.channels.smtp import Server, SmtpChannel
from tests.faults.kit import ListContent, row
from tests.servers import wait_for
from tests.servers.kannel import Kannel
from tests.servers.postfix import Postfix

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
