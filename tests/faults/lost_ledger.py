"""A ledger that was in use and is gone, for tests: what it handed off, how it is lost, and how it is built anew."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from assets.messaging import approvals
from assets.messaging.channels.file import FileChannel
from assets.messaging.ledger_export import export_messages
from assets.messaging.ledger_guard import exports_of, open_ledger
from assets.messaging.ledger_rebuild import Rebuilt, rebuild
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row

FIRST, SECOND = ListContent([row(n) for n in range(4)]), ListContent([row(n) for n in range(4, 9)])
EVERYTHING = ListContent([*FIRST.rows, *SECOND.rows])


def run(setting: Settings, content: ListContent) -> int:
    with open_ledger(setting) as outbox:
        done = hand_off(setting, outbox, content).run()
        for path in exports_of(setting):
            export_messages(outbox.engine, path)
    return done.n_accepted


def lose(setting: Settings) -> None:
    for file in setting.home.glob("ledger.sqlite*"):
        file.unlink()


def decided(setting: Settings, content: ListContent) -> None:
    """The decisions to send, as the analysts' copy holds them."""
    names = ("message_id", "run_date", "customer_id", "journey", "step", "channel", "class", "anchor", "experiment")
    more = ("variant", "send_at", "expires_at", "permission_basis", "permission_id", "policy_version")
    rows = [{name: one[name] for name in (*names, *more)} | {"decision": "send"} for one in content.rows]
    setting.published_path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(setting.published_path)) as connection:
        connection.register("rows", pa.Table.from_pylist(rows))
        connection.execute("create schema marts; create table marts.fct_contact_decisions as from rows")


def rebuilt(setting: Settings, *, write: bool = True) -> Rebuilt:
    read = FileChannel(setting.outbox_dir, setting.home / "staging").read
    return rebuild(setting, read, kit.RUN_DATE, "kari", datetime.now(UTC), write=write)


def resume(setting: Settings) -> None:
    with open_ledger(setting) as outbox:
        approvals.resume(outbox)
