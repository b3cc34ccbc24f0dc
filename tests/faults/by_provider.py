"""A provider in place of the collector, for tests: six mails, the ways to one, and a worker that never sleeps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from assets.messaging import keys
from assets.messaging.channels.http import Endpoint
from assets.messaging.channels.messages import MessageChannel
from assets.messaging.channels.signed_http import SignedHttpChannel
from assets.messaging.channels.smtp import Server, SmtpChannel
from assets.messaging.ledger import suppressions
from assets.messaging.outbox import Outbox
from assets.messaging.worker import Worker
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, row
from tests.faults.one_by_one import NOON, worker_of
from tests.servers.scripted import Reply, Request

SECRET = b"a provider's secret"
MAILS = ListContent([row(n) for n in range(6)])


def by_http(port: int, **options: Any) -> dict[str, MessageChannel]:
    channel = SignedHttpChannel(Endpoint("127.0.0.1", port, tls=False), "/send", SECRET, **options)
    return {"email": channel, "sms": channel}


def by_smtp(port: int) -> dict[str, MessageChannel]:
    return {"email": SmtpChannel(Server("127.0.0.1", port, tls="none"))}


def accepting(request: Request) -> Reply:
    asked = json.loads(request.body)["messages"]
    return Reply(200, {"results": [{"message_id": m["message_id"], "status": "accepted"} for m in asked]})


def at_once(home: Settings, outbox: Outbox, channels: Mapping[str, MessageChannel], **options: Any) -> Worker:
    """A worker that never sleeps; `options` as of `worker_of`."""
    work = worker_of(home, outbox, channels, **options)
    work.sleep = lambda _seconds: None
    return work


def later(outbox: Outbox, **time: float) -> None:
    """Let the ledger's clock (leases, pauses, waits) go forward."""
    outbox._now = lambda: datetime.now(UTC) + timedelta(**time)


def opt_out(outbox: Outbox, message: Mapping[str, Any], reason: str = "unsubscribed") -> None:
    key = keys.address_key(kit.SECRET.encode(), message["channel"], message["address"])
    stop = {"address_key": key, "channel": message["channel"], "reason": reason, "at": NOON}
    with outbox.transaction() as tx:
        tx.execute(outbox.insert_new(suppressions).values(stop))
