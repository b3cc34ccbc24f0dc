"""A service that three messages' links lead to, what a request can change there, and reports as a provider signs them.

Belongs here: what the tests of more than one subject ask with. Not here: how a service is started (`world`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from assets.messaging import signatures
from assets.messaging.ledger import suppressions, wishes
from assets.messaging.ledger_guard import open_ledger
from orchestration.settings import Settings
from tests.faults.kit import ListContent, row
from tests.faults.one_by_one import release
from tests.unit.service import world
from tests.unit.service.world import Site

MAIL, SMS, OTHER = row(0), row(1, channel="sms", address="+4799000001"), row(2)
WEBHOOK_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@contextmanager
def a_site(settings: Settings) -> Iterator[Site]:
    with open_ledger(settings) as outbox:
        release(settings, outbox, ListContent([MAIL, SMS, OTHER]))
        world.publish(settings, [MAIL, SMS, OTHER])
        with world.running(settings, outbox) as running:
            yield running


def rows_of(site: Site, table: sa.Table) -> list[dict[str, Any]]:
    with open_ledger(site.settings) as outbox, outbox.transaction() as tx:
        return [dict(each) for each in tx.execute(sa.select(table)).mappings()]


def everything(site: Site) -> tuple[Any, ...]:
    """All that a request could have changed."""
    landed = {path: path.read_bytes() for path in site.settings.landing_dir.rglob("*") if path.is_file()}
    return rows_of(site, suppressions), rows_of(site, wishes), landed


def bounce(**changes: Any) -> dict[str, Any]:
    made = {
        "event_id": "e1",
        "occurred_at": datetime.now(UTC).isoformat(),
        "channel": "email",
        "event": "complained",
        "message_id": MAIL["message_id"],
    }
    return {**made, **changes}


def signed(*events: dict[str, Any], key: str = WEBHOOK_KEY, at: datetime | None = None) -> tuple[bytes, dict[str, str]]:
    body = json.dumps({"events": list(events)}).encode()
    return body, signatures.sign(signatures.secret_key(key), "call-1", body, at or datetime.now(UTC))
