"""What the service answers, what it changes, and above all what it does not change; over real HTTP."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from assets.landing.land import land_dataset
from assets.messaging import keys, signatures
from assets.messaging.ledger import suppressions, wishes
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_lookups import known_messages
from assets.messaging.outbox import Outbox
from assets.privacy.handed_off import stop_for_good, unname_in_ledger
from assets.privacy.person import Forgotten
from assets.service.throttle import Throttle
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.faults.one_by_one import release
from tests.unit.service import world
from tests.unit.service.world import FORM, ONE_CLICK, Site, link

MAIL, SMS, OTHER = row(0), row(1, channel="sms", address="+4799000001"), row(2)
WEBHOOK_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with a_site(kit.settings(tmp_path, webhook_keys=(WEBHOOK_KEY,))) as running:
        yield running


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


def test_one_click_suppresses_the_address_and_tells_the_warehouse(site: Site) -> None:
    """RFC 8058: a POST, no cookie, no redirect, and it is done when the answer comes."""
    answer = site.one_click(link(MAIL))
    assert answer.status == 200
    assert not {"set-cookie", "location"} & set(answer.headers)
    (stop,) = rows_of(site, suppressions)
    assert stop["reason"] == "unsubscribed"
    assert stop["address_key"] == keys.address_key(kit.SECRET.encode(), "email", MAIL["address"])
    (file,) = site.delivered("consent/events")
    event = json.loads(file.read_text())
    assert (event["address"], event["channel"], event["purpose"]) == (MAIL["address"], "email", "marketing")
    assert event["action"] == "withdrawn"


def test_a_multipart_post_is_one_click_too(site: Site) -> None:
    """The RFC allows both encodings, and mail programs use both."""
    body = b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
    answer = site.ask("POST", link(MAIL), body, {"Content-Type": "multipart/form-data; boundary=x"})
    assert (answer.status, len(rows_of(site, suppressions))) == (200, 1)


def test_clicking_twice_is_one_event(site: Site) -> None:
    """Mail programs repeat themselves."""
    assert [site.one_click(link(MAIL)).status for _ in range(3)] == [200] * 3
    assert len(rows_of(site, suppressions)) == len(site.delivered("consent/events")) == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_changes_nothing(site: Site, method: str) -> None:
    """Link scanners of mail providers open every link of every mail."""
    before = everything(site)
    assert site.ask(method, link(MAIL)).status == 200
    assert site.ask(method, link(MAIL) + "?List-Unsubscribe=One-Click").status == 200
    assert everything(site) == before


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_refused(site: Site, method: str) -> None:
    assert site.ask(method, link(MAIL), ONE_CLICK, FORM).status == 405


def test_a_post_that_says_nothing_changes_nothing(site: Site) -> None:
    """Scanners that post an empty form are no wish of anybody."""
    before = everything(site)
    assert site.ask("POST", link(MAIL), b"x=1", FORM).status == 400
    assert site.ask("POST", link(MAIL)).status == 400
    assert everything(site) == before


def test_forged_and_foreign_tokens_fail(site: Site) -> None:
    """Nobody may unsubscribe others by guessing, nor with another installation's links."""
    before = everything(site)
    genuine = link(MAIL)
    tampered = genuine[:-1] + ("A" if genuine[-1] != "A" else "B")
    foreign = link(MAIL, "another installation's key, long enough")
    for path in (tampered, foreign, "/u/x", "/u/%00", genuine + "%0d%0a", "/u/" + "A" * 39):
        assert site.one_click(path).status == 404, path
    assert everything(site) == before


@pytest.mark.parametrize(
    ("language", "said"),
    [("nb", "testmelding"), ("sv", "testmeddelande"), ("da", "testbesked"), ("en", "test message")],
)
def test_the_link_of_a_test_message_opens_a_page_and_changes_nothing(site: Site, language: str, said: str) -> None:
    """Colleagues click on everything, and so do their mail programs; none of it may look like a fault."""
    before = everything(site)
    for channel in ("email", "sms"):
        path = link({"message_id": keys.message_id_of_a_test(), "channel": channel})
        shown = site.ask("GET", path, headers={"Accept-Language": language})
        clicked = site.ask("POST", path, ONE_CLICK, FORM | {"Accept-Language": language})
        wished = site.ask("POST", f"{path}/wishes", b"topic=newsletter", FORM | {"Accept-Language": language})
        assert [answer.status for answer in (shown, clicked, wished)] == [200] * 3
        assert all(said in answer.text for answer in (shown, clicked, wished))
    assert everything(site) == before


def test_links_of_a_former_key_work(tmp_path: Path) -> None:
    """A link must work for as long as its mail lies in an inbox, and stop what is sent under the new key, too."""
    new = "n" * 40
    with a_site(kit.settings(tmp_path)) as before:
        settings = replace(before.settings, secret_key=new, former_secret_keys=(kit.SECRET,))
    with open_ledger(settings) as outbox, world.running(settings, outbox) as site:
        assert site.one_click(link(MAIL)).status == 200
        assert len(site.delivered("consent/events")) == 1
    stopped = {each["address_key"] for each in rows_of(site, suppressions)}
    assert stopped == {keys.address_key(key.encode(), "email", MAIL["address"]) for key in (kit.SECRET, new)}


def test_an_address_that_cannot_be_found_is_stopped_for_good(site: Site) -> None:
    """Without an address no later decision can know of the opt-out, so the ledger alone must keep to it."""
    site.settings.published_path.unlink()
    assert site.one_click(link(MAIL)).status == 200
    assert [each["reason"] for each in rows_of(site, suppressions)] == ["unsubscribed_for_good"]
    later = kit.RUN_DATE + timedelta(days=1)
    again = row(9, run_date=later, address=MAIL["address"])
    with open_ledger(site.settings) as outbox:
        hand_off(site.settings, outbox, ListContent([again]), run_date=later).run()
        assert known_messages(outbox, [again["message_id"]])[again["message_id"]].state == "SUPPRESSED"


def test_wishes_are_kept_shown_and_delivered(site: Site) -> None:
    """What was saved stands on the page the next time, and the warehouse gets it as consent/preferences."""
    until = (datetime.now(site.settings.zone) + timedelta(days=40)).date()
    body = f"topic=newsletter&topic=lifecycle&frequency=1/7&paused_until={until}".encode()
    assert site.ask("POST", link(MAIL) + "/wishes", body, FORM).status == 200
    page = site.ask("GET", link(MAIL) + "?lang=en").text
    assert f'value="{until}"' in page
    assert 'value="1/7" checked' in page
    assert 'value="post_purchase">' in page
    assert 'value="newsletter" checked' in page
    (file,) = site.delivered("consent/preferences")
    event = json.loads(file.read_text())
    assert (event["max_messages"], event["period_days"], event["topics_off"]) == (1, 7, "post_purchase")
    assert datetime.fromisoformat(event["paused_until"]).astimezone(site.settings.zone).date() == until


@pytest.mark.parametrize(
    "body",
    ["paused_until=2020-01-01", "paused_until=soon", "frequency=9/999", "topic=everything", "paused_until=9999-01-01"],
)
def test_a_wish_that_makes_no_sense_changes_nothing_and_says_so(site: Site, body: str) -> None:
    before = everything(site)
    answer = site.ask("POST", link(MAIL) + "/wishes?lang=en", body.encode(), FORM)
    assert (answer.status, 'role="alert"' in answer.text) == (400, True)
    assert everything(site) == before


def test_what_the_service_leaves_is_landed_without_a_reject(site: Site) -> None:
    """The loop closes through landing, under the same contract as everybody's deliveries."""
    site.one_click(link(MAIL))
    site.ask("POST", link(OTHER) + "/wishes", b"topic=newsletter&frequency=1/7", FORM)
    assert site.ask("POST", "/events/signed", *signed(bounce())).status == 204
    today = datetime.now(site.settings.zone).date()
    for source, dataset in (("consent", "events"), ("consent", "preferences"), ("provider", "events")):
        report = land_dataset(site.settings, source, dataset, today)
        assert (report.n_rows_kept, report.n_rows_rejected, report.all_errors) == (1, 0, ()), dataset


def test_an_erased_person_is_told_so_and_nothing_is_written(site: Site) -> None:
    """The link lives on in old mails; nobody may be remembered through it."""
    with open_ledger(site.settings) as outbox:
        forgotten = Forgotten(customer_ids=frozenset({MAIL["customer_id"]}), emails=frozenset({MAIL["address"]}))
        stop_for_good(site.settings, outbox, forgotten, datetime.now(UTC).date(), datetime.now(UTC))
        unname_in_ledger(outbox, forgotten)
    before = everything(site)
    assert site.one_click(link(MAIL)).status == 200
    assert everything(site) == before


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


def test_a_genuine_report_is_obeyed_once_however_often_it_comes(site: Site) -> None:
    """Providers repeat themselves; what is missing (the address) is found by the message."""
    call = signed(bounce())
    assert [site.ask("POST", "/events/signed", *call).status for _ in range(2)] == [204, 204]
    assert [each["reason"] for each in rows_of(site, suppressions)] == ["complaint"]
    (file,) = site.delivered("provider/events")
    assert json.loads(file.read_text())["address"] == MAIL["address"]


@pytest.mark.parametrize(
    "call",
    [
        signed(bounce(), key="another key"),
        signed(bounce(), at=datetime.now(UTC) - timedelta(hours=1)),
        (signed(bounce())[0] + b" ", signed(bounce())[1]),
        (b"{}", {}),
    ],
    ids=["forged", "replayed", "tampered", "unsigned"],
)
def test_reports_that_are_not_genuine_change_nothing(site: Site, call: tuple[bytes, dict[str, str]]) -> None:
    before = everything(site)
    assert site.ask("POST", "/events/signed", *call).status == 401
    assert everything(site) == before


def test_a_genuine_report_that_makes_no_sense_is_refused(site: Site) -> None:
    assert site.ask("POST", "/events/signed", *signed(bounce(event="exploded"))).status == 422


@pytest.mark.parametrize("style", ["ses", "twilio/x", "kannel/x"])
def test_a_style_without_a_shared_secret_takes_nothing(site: Site, style: str) -> None:
    """Where nothing is configured, nobody's call can be genuine."""
    assert site.ask("POST", f"/events/{style}", b"{}").status == 401


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


@pytest.mark.parametrize("language", ["nb", "sv", "da", "en"])
def test_the_page_speaks_the_language_asked_for(site: Site, language: str) -> None:
    texts = world.Service(site.settings, Outbox(site.settings.ledger_path), world.BRAND).pages.texts
    page = site.ask("GET", f"{link(SMS)}?lang={language}").text
    assert f'<html lang="{language}">' in page
    assert texts[language]["unsubscribe_button"] in page
    assert set(texts[language]) == set(texts["en"])
    assert "<script" not in page


def test_pages_may_load_and_be_framed_by_nothing(site: Site) -> None:
    headers = site.ask("GET", link(MAIL)).headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")
