"""From the webhook to landing and to the ledger: once, and at once."""

from __future__ import annotations

import json

from assets.messaging.ledger_views import count_by_state
from assets.messaging.outbox import Outbox
from assets.messaging.webhooks import intake, signed
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.unit.messaging.webhooks.calls import KEY, NOW, bounce, signed_call


def test_a_duplicate_webhook_is_one_delivery_and_one_move(home: Settings, outbox: Outbox) -> None:
    """Providers deliver at least once."""
    hand_off(home, outbox, ListContent([row(0)])).run()
    rows = signed.parse(signed_call([bounce()]), [KEY], NOW)
    first = intake.take_in(home, outbox, rows, kit.RUN_DATE)
    second = intake.take_in(home, outbox, rows, kit.RUN_DATE)
    assert (first.n_moved, first.n_suppressed, second.n_moved, second.n_suppressed) == (1, 1, 0, 0)
    [file] = (home.landing_dir / "provider" / "events" / "2026-11-20").iterdir()
    [line] = file.read_text().splitlines()
    assert json.loads(line)["event_id"] == "e1"
    assert file.stat().st_mode & 0o077 == 0


def test_a_hard_bounce_stops_the_address_before_the_next_batch_without_any_run(home: Settings, outbox: Outbox) -> None:
    """From the webhook straight to the ledger: the next message to the address does not start."""
    hand_off(home, outbox, ListContent([row(0)])).run()
    intake.take_in(home, outbox, signed.parse(signed_call([bounce()]), [KEY], NOW), kit.RUN_DATE)
    again = row(1, address=row(0)["address"], journey="welcome")
    assert hand_off(home, outbox, ListContent([again])).run().n_accepted == 0
    assert {(group["state"], group["reason"]) for group in count_by_state(outbox)} == {
        ("BOUNCED", None),
        ("SUPPRESSED", "ADDRESS_SUPPRESSED"),
    }


def test_an_early_webhook_about_a_message_that_nobody_knows_yet_only_waits_in_landing(
    home: Settings, outbox: Outbox
) -> None:
    """It comes again from landing with the next run, when the message is known."""
    report = intake.take_in(home, outbox, signed.parse(signed_call([bounce()]), [KEY], NOW), kit.RUN_DATE)
    assert (report.n_moved, report.n_foreign) == (0, 1)
    assert len(list(home.landing_dir.rglob("*.ndjson"))) == 1
