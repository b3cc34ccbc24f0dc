"""What holds whatever the service is asked: landing takes what it leaves, it keeps its limits, and it names nobody."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

import pytest

from assets.landing.land import land_dataset
from assets.messaging.ledger_guard import open_ledger
from assets.service.throttle import Throttle
from tests.faults import kit
from tests.unit.service.three_messages import MAIL, OTHER, bounce, signed
from tests.unit.service.world import FORM, Site, link


def test_what_the_service_leaves_is_landed_without_a_reject(site: Site) -> None:
    """The loop closes through landing, under the same contract as everybody's deliveries."""
    site.one_click(link(MAIL))
    site.ask("POST", link(OTHER) + "/wishes", b"topic=newsletter&frequency=1/7", FORM)
    assert site.ask("POST", "/events/signed", *signed(bounce())).status == 204
    today = datetime.now(site.settings.zone).date()
    for source, dataset in (("consent", "events"), ("consent", "preferences"), ("provider", "events")):
        report = land_dataset(site.settings, source, dataset, today)
        assert (report.n_rows_kept, report.n_rows_rejected, report.all_errors) == (1, 0, ()), dataset


def test_too_large_bodies_are_thrown_away(site: Site) -> None:
    """Announced or not."""
    assert site.ask("POST", link(MAIL), b"x" * 9_000, FORM).status == 413
    assert site.ask("POST", "/events/signed", b"x" * 1_100_000).status == 413
    chunked = b"%x\r\n" % 9_000 + b"x" * 9_000 + b"\r\n0\r\n\r\n"
    headers = {**FORM, "Transfer-Encoding": "chunked"}
    assert site.ask("POST", link(MAIL), chunked, headers).status == 413


def test_whoever_guesses_is_slowed_down_but_genuine_links_go_on_working(site: Site) -> None:
    """Mail providers unsubscribe many people from one address, and may share it with a guesser."""
    statuses = [site.ask("GET", f"/u/{number:039d}").status for number in range(40)]
    assert statuses[0] == 404
    assert statuses[-1] == 429
    assert site.one_click(link(MAIL)).status == 200


def test_a_throttle_forgets_after_a_minute() -> None:
    now = [0.0]
    throttle = Throttle(2, clock=lambda: now[0])
    assert [throttle.is_too_much("a") for _ in range(3)] == [False, False, True]
    assert not throttle.is_too_much("b")
    now[0] = 61
    assert not throttle.is_too_much("a")


def test_health_says_what_is_wrong(site: Site) -> None:
    assert site.ask("GET", "/health").status == 200
    with open_ledger(site.settings) as outbox, outbox.transaction() as tx:
        tx.exec_driver_sql("alter table meta rename to elsewhere")
    answer = site.ask("GET", "/health")
    assert answer.status == 503
    assert "ledger" in answer.text


def test_when_the_disk_is_full_nothing_is_promised(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error lets mail program and provider come again; a 2xx would lose the opt-out."""

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("assets.service.obey.drop", full)
    answer = site.one_click(link(MAIL))
    assert (answer.status, answer.headers["retry-after"]) == (503, "60")


def test_the_log_names_nobody(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    """No address, no token, no client: a log lives longer and wider than anybody thinks."""
    with caplog.at_level(logging.DEBUG):
        site.one_click(link(MAIL))
        site.ask("GET", "/u/" + "A" * 39)
        site.ask("POST", "/events/signed", *signed(bounce(address=MAIL["address"])))
    assert "POST unsubscribe 200" in caplog.text
    for secret in (kit.CANARY, link(MAIL), "A" * 39, "127.0.0.1", MAIL["message_id"]):
        assert secret not in caplog.text
