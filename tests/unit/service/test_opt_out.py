"""The link in a message as an opt-out: what stops an address, what changes nothing, and whose links are believed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assets.messaging import keys
from assets.messaging.ledger import suppressions
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_lookups import known_messages
from assets.privacy.handed_off import stop_for_good, unname_in_ledger
from assets.privacy.person import Forgotten
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.unit.service import world
from tests.unit.service.three_messages import MAIL, a_site, everything, rows_of
from tests.unit.service.world import FORM, ONE_CLICK, Site, link


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


def test_an_erased_person_is_told_so_and_nothing_is_written(site: Site) -> None:
    """The link lives on in old mails; nobody may be remembered through it."""
    with open_ledger(site.settings) as outbox:
        forgotten = Forgotten(customer_ids=frozenset({MAIL["customer_id"]}), emails=frozenset({MAIL["address"]}))
        stop_for_good(site.settings, outbox, forgotten, datetime.now(UTC).date(), datetime.now(UTC))
        unname_in_ledger(outbox, forgotten)
    before = everything(site)
    assert site.one_click(link(MAIL)).status == 200
    assert everything(site) == before
