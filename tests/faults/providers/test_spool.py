"""The bytes that wait for a worker: what was approved leaves, nothing else does, and nothing of it stays."""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from assets.messaging import approvals
from assets.messaging.ledger import messages
from assets.messaging.ledger_views import list_batches
from assets.messaging.outbox import Outbox
from assets.messaging.spool import Spool
from orchestration.settings import Settings
from tests.faults.by_provider import MAILS, accepting, at_once, by_http, by_smtp
from tests.faults.kit import ListContent, PlainSource, states
from tests.faults.one_by_one import NOON, release, spooled
from tests.servers.scripted import http_server, smtp_server


def test_texts_that_change_between_attempts_do_not_change_what_was_approved(home: Settings, outbox: Outbox) -> None:
    """A deferred message keeps its bytes: the approval was for them."""
    careful = replace(home, approval="manual")
    release(careful, outbox, ListContent(MAILS.rows[:1]), source=PlainSource("Takk for handelen"))
    [batch] = list_batches(outbox)
    approvals.approve(outbox, batch["sha256"], "kari", NOON)
    release(careful, outbox, ListContent(MAILS.rows[:1]), source=PlainSource("Takk for handelen"))
    with smtp_server(lambda verb: "450 busy" if verb == "RCPT" else None) as server:
        at_once(home, outbox, by_smtp(server.port)).run_once()
    release(careful, outbox, ListContent(MAILS.rows[:1]), source=PlainSource("Noe ganske annet"))
    assert states(outbox) == {"HELD": 1}, "new words need a new approval"


def test_a_torn_spool_file_holds_its_batch_and_says_so(home: Settings, outbox: Outbox) -> None:
    """Half a file is no message; the next run of the day makes it anew."""
    release(home, outbox, MAILS)
    [path] = spooled(home)
    path.write_bytes(path.read_bytes()[:-200])
    with http_server(accepting) as provider:
        report = at_once(home, outbox, by_http(provider.port)).run_once()
        assert not provider.requests
    assert "cannot be read" in report.remarks[0]
    assert states(outbox) == {"HELD": 6}
    release(home, outbox, MAILS)
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 6}


def test_bytes_that_were_not_approved_do_not_leave(home: Settings, outbox: Outbox) -> None:
    """Each message's hash is in the ledger; somebody who edits the spool edits in vain."""
    release(home, outbox, MAILS)
    with outbox.transaction() as tx:
        edited = sa.update(messages).where(messages.c.message_id == MAILS.rows[0]["message_id"])
        tx.execute(edited.values(request_hash="x"))
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 5, "HELD": 1}


def test_an_erased_persons_message_leaves_the_spool_and_never_starts(home: Settings, outbox: Outbox) -> None:
    """An erasure takes the bytes away and the ledger's hash of the address; each alone stops the message."""
    release(home, outbox, MAILS)
    spool, gone = Spool(home.spool_dir), MAILS.rows[0]["message_id"]
    assert spool.forget({gone}) == 1
    assert gone.encode() not in spooled(home)[0].read_bytes()
    nameless = sa.update(messages).where(messages.c.message_id == MAILS.rows[1]["message_id"])
    with outbox.transaction() as tx:
        tx.execute(nameless.values(address_key=""))
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert states(outbox) == {"ACCEPTED": 4, "HELD": 1, "SUPPRESSED": 1}


def test_the_spool_is_its_owners_and_goes_with_its_batch(home: Settings, outbox: Outbox) -> None:
    """It holds addresses: nobody else reads it, and it does not stay."""
    release(home, outbox, MAILS)
    [path] = spooled(home)
    assert path.stat().st_mode & 0o077 == 0
    with http_server(accepting) as provider:
        at_once(home, outbox, by_http(provider.port)).run_once()
    assert not spooled(home)
    [batch] = list_batches(outbox)
    assert (batch["state"], batch["n_sent"]) == ("SENT", 6)
