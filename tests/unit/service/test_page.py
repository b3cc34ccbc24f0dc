"""The page behind the link: the wishes that it takes, keeps and shows, its language, and what it may load."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest

from assets.messaging.outbox import Outbox
from tests.unit.service import world
from tests.unit.service.three_messages import MAIL, SMS, everything
from tests.unit.service.world import FORM, Site, link


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
