"""Reports that somebody made up, posted to a service that listens to every provider: nothing comes of any of them."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
import sqlalchemy as sa

from assets.messaging import reports, signatures
from assets.messaging.ledger import suppressions
from assets.messaging.ledger_guard import open_ledger
from assets.service import reports as styles
from tests.faults import kit
from tests.faults.kit import ListContent, row
from tests.faults.one_by_one import release
from tests.unit.messaging.webhooks.amazon import TOPIC, amazon, notification, ses_event
from tests.unit.service import world
from tests.unit.service.world import FORM, Answer, Site

__all__ = ["amazon"]  # the fixture: a key and a certificate in Amazon's place
MAIL, SMS = row(0), row(1, channel="sms", address="+4799000001")
WEBHOOK_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
TOKEN = reports.token(kit.SECRET.encode(), SMS["message_id"])
TWILIO_AT, KANNEL_AT = f"/events/twilio/{TOKEN}", f"/events/kannel/{TOKEN}"
# A report as somebody posts it: path, body, headers.
Report = tuple[str, bytes, dict[str, str]]


@pytest.fixture(params=["twilio", "kannel"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    """SMS leave by one of two gateways; mail's providers report in both styles."""
    via = {"twilio": "twilio://AC1:auth@api.twilio.com", "kannel": "kannel://user:password@127.0.0.1:13013"}
    settings = replace(
        kit.settings(tmp_path), webhook_keys=(WEBHOOK_KEY,), sns_topics=(TOPIC,), sms_via=via[request.param]
    )
    with open_ledger(settings) as outbox:
        release(settings, outbox, ListContent([MAIL, SMS]))
        world.publish(settings, [MAIL, SMS])
        with world.running(settings, outbox) as running:
            yield running


def post(site: Site, report: Report) -> Answer:
    return site.ask("POST", *report)


def traces(site: Site) -> tuple[Any, ...]:
    with open_ledger(site.settings) as outbox, outbox.transaction() as tx:
        stopped = tx.execute(sa.select(suppressions)).all()
    return stopped, [path for path in site.settings.landing_dir.rglob("*") if path.is_file()]


def signed(at: datetime | None = None, key: str = WEBHOOK_KEY, **changes: Any) -> Report:
    now = at or datetime.now(UTC)
    event = {"event_id": "e1", "occurred_at": now.isoformat(), "channel": "email", "event": "complained"}
    body = json.dumps({"events": [event | {"message_id": MAIL["message_id"]} | changes]}).encode()
    return "/events/signed", body, signatures.sign(signatures.secret_key(key), "call-1", body, now)


def twilio(token: str = "auth", path: str = TWILIO_AT) -> Report:
    said = {"MessageSid": "SM1", "To": SMS["address"], "MessageStatus": "failed", "ErrorCode": "21610"}
    text = f"https://fredning.example{path}" + "".join(f"{name}{value}" for name, value in sorted(said.items()))
    mac = base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()
    return path, urlencode(said).encode(), {**FORM, "X-Twilio-Signature": mac}


def forgeries(genuine_of_amazon: bytes) -> dict[str, Report]:
    """What a forger may try who knows every address, and has seen genuine reports go by."""
    path, body, headers = signed()
    recorded = signed(datetime.now(UTC) - timedelta(hours=1))
    new_time = {"webhook-timestamp": headers["webhook-timestamp"]}
    twilio_body, twilio_headers = twilio()[1:]
    wide = body.replace(b"complained", "complained".translate({ord("c"): "с"}).encode())  # a Cyrillic letter
    return {
        "another key": signed(key="whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        "an empty key": signed(key="whsec_"),
        "recorded an hour ago": recorded,
        "recorded, with a new time": (path, recorded[1], recorded[2] | new_time),
        "from the future": signed(datetime.now(UTC) + timedelta(hours=1)),
        "another body": (path, body.replace(b"complained", b"bounced"), headers),
        "a letter that looks the same": (path, wide, headers),
        "a byte order mark": (path, b"\xef\xbb\xbf" + body, headers),
        "another id": (path, body, headers | {"webhook-id": "call-2"}),
        "no version": (path, body, headers | {"webhook-signature": headers["webhook-signature"].removeprefix("v1,")}),
        "many signatures": (path, body, headers | {"webhook-signature": " ".join(["v1,AAAA"] * 500)}),
        "not base64": (path, body, headers | {"webhook-signature": "v1,%s" % ("\u00e6" * 44)}),
        "nothing": (path, b"", {}),
        "signed for another provider": ("/events/ses", body, headers),
        "of Amazon, at another address": (path, genuine_of_amazon, {}),
        "of Twilio, at another address": (path, twilio_body, twilio_headers),
        "of Twilio, at Amazon's": ("/events/ses", twilio_body, twilio_headers),
        "of Twilio, another account": twilio("another"),
        "of Twilio, another message": twilio(path=TWILIO_AT.replace(SMS["message_id"], MAIL["message_id"])),
        "of Twilio, without a signature": (TWILIO_AT, twilio_body, FORM),
        "of Twilio, as JSON": (TWILIO_AT, json.dumps({"MessageStatus": "failed"}).encode(), twilio_headers),
        "of Amazon, another message": ("/events/ses", genuine_of_amazon.replace(b"Permanent", b"Transient"), {}),
        "at nobody's report address": ("/events/kannel/" + TOKEN[:-1] + "?status=2", b"", {}),
    }  # fmt: skip


def test_nothing_comes_of_any_forgery(site: Site, amazon: tuple[Any, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer is a refusal, and neither the ledger nor the landing folder knows of any of them."""
    key, pem = amazon
    monkeypatch.setattr(styles, "certificate", lambda _: pem)
    before = traces(site)
    event = ses_event("Bounce", bounceType="Permanent", bouncedRecipients=[{"emailAddress": "kari@kunde.example"}])
    answers = {name: post(site, report).status for name, report in forgeries(notification(key, event).body).items()}
    assert set(answers.values()) == {401}, answers
    assert traces(site) == before


def test_the_reports_of_one_gateway_prove_nothing_to_the_other(site: Site) -> None:
    """Kannel signs nothing: an address that Twilio was given, and may have logged, would do without any signature."""
    is_twilio = urlsplit(site.settings.sms_via).scheme == "twilio"
    before = traces(site)
    unsigned = site.ask("GET", f"{KANNEL_AT}?status=2").status
    assert unsigned == (401 if is_twilio else 204)
    assert (traces(site) == before) is is_twilio
    assert post(site, twilio()).status == (204 if is_twilio else 401)


def test_each_genuine_report_is_taken(site: Site, amazon: tuple[Any, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusing everything would pass the test above."""
    key, pem = amazon
    monkeypatch.setattr(styles, "certificate", lambda _: pem)
    event = ses_event("Bounce", bounceType="Permanent", bouncedRecipients=[{"emailAddress": "kari@kunde.example"}])
    assert post(site, signed()).status == 204
    assert post(site, ("/events/ses", notification(key, event).body, {})).status == 204
    path, body, headers = signed(event_id="e2")
    assert post(site, (path, body, headers | {"Content-Type": "text/plain"})).status == 204
    assert {reason for _, _, reason, *_ in traces(site)[0]} == {"complaint", "hard_bounce"}
