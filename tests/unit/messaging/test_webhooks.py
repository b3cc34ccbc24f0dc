"""Webhooks: the genuine ones become events, everything else is refused before anything is read of it."""

from __future__ import annotations

import base64
import hmac
import json
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from assets.landing.contract import contract_of
from assets.messaging import reports, signatures
from assets.messaging.ledger_views import count_by_state
from assets.messaging.outbox import Outbox
from assets.messaging.signatures import Forged
from assets.messaging.webhooks import COLUMNS, Call, Unreadable, intake, ses, signed, sms
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
KEY = b"a key that the provider and we share"
MESSAGE = row(0)["message_id"]


# --- Standard Webhooks ---------------------------------------------------------------------------------


def test_signatures_are_those_of_the_specification() -> None:
    """The example of the Standard Webhooks documentation."""
    key = signatures.secret_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    made = signatures.sign(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', at)
    assert made["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def signed_call(events: list[dict[str, Any]], key: bytes = KEY, at: datetime = NOW) -> Call:
    body = json.dumps({"events": events}).encode()
    return Call("https://x.example/events/signed", signatures.sign(key, "call-1", body, at), body)


def bounce(**changes: Any) -> dict[str, Any]:
    made = {
        "event_id": "e1",
        "occurred_at": "2026-11-20T09:30:00Z",
        "channel": "email",
        "event": "bounced",
        "message_id": MESSAGE,
        "bounce_type": "hard",
    }
    return {**made, **changes}


def test_a_genuine_call_becomes_rows_of_the_landing_contract() -> None:
    """The columns are those that provider/events is landed with; no others get in."""
    [event] = signed.parse(signed_call([bounce(surprise="x")]), [b"an older key", KEY], NOW)
    assert tuple(event) == COLUMNS
    assert (event["message_id"], event["bounce_type"]) == (MESSAGE, "hard")
    assert event["occurred_at"] == datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
    assert set(COLUMNS) == {column.name for column in contract_of("provider", "events").columns}


@pytest.mark.parametrize(
    "forge",
    [
        lambda call: replace(call, body=call.body.replace(b"hard", b"soft")),
        lambda call: replace(call, headers={**call.headers, "webhook-id": "call-2"}),
        lambda call: replace(call, headers={**call.headers, "webhook-timestamp": "1900000000"}),
        lambda call: replace(call, headers={**call.headers, "webhook-signature": "v1,AAAA"}),
        lambda call: replace(call, headers={**call.headers, "webhook-signature": "v2," + "A" * 44}),
        lambda call: replace(call, headers={}),
        lambda call: signed_call([bounce()], key=b"another key"),
        lambda call: signed_call([bounce()], at=NOW - timedelta(minutes=6)),
        lambda call: signed_call([bounce()], at=NOW + timedelta(minutes=6)),
    ],
)
def test_a_forged_or_recorded_call_is_refused(forge: Any) -> None:
    """Anybody can find the address; only a fresh signature makes an event."""
    with pytest.raises(Forged):
        signed.parse(forge(signed_call([bounce()])), [KEY], NOW)


@pytest.mark.parametrize(
    "changes",
    [{"event": "exploded"}, {"occurred_at": "yesterday"}, {"occurred_at": "2026-11-20T09:30:00"}, {"channel": "fax"}],
)
def test_a_genuine_call_without_sense_is_named_and_not_quoted(changes: dict[str, Any]) -> None:
    """An error message may end in a log, so nothing of the content stands in it."""
    with pytest.raises(Unreadable) as caught:
        signed.parse(signed_call([bounce(**changes, address="canary@kunde.example")]), [KEY], NOW)
    assert "canary" not in str(caught.value)


ODD = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.just("0001-01-01T00:00+14:00")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys((*COLUMNS, "surprise"), ODD)))
def test_a_genuine_call_of_any_content_is_read_or_refused_in_words(changes: dict[str, Any]) -> None:
    """A provider's mistake is answered with 400, once, and never with a crash that it would retry for days."""
    with suppress(Unreadable):
        for event in signed.parse(signed_call([bounce(**changes)]), [KEY], NOW):
            assert all(value is None or isinstance(value, str | datetime) for value in event.values())


@pytest.mark.parametrize("timestamp", ["²", "١٧", "-1", "1e9", " 1", "9" * 13, "0x10", ""])
def test_a_timestamp_that_only_looks_like_a_number_is_forged(timestamp: str) -> None:
    """What Python takes for a digit and what it can count with are not the same."""
    call = signed_call([bounce()])
    with pytest.raises(Forged):
        signed.parse(replace(call, headers={**call.headers, "webhook-timestamp": timestamp}), [KEY], NOW)
    with pytest.raises((Forged, Unreadable)):
        sms.parse_kannel(Call(f"https://x.example/events/kannel/{'A' * 40}?status={timestamp}"), [b"key"], NOW)


@given(ODD)
def test_nobody_but_amazon_gets_past_the_first_look(body: Any) -> None:
    """Anybody may post anything there; it is refused before a certificate is fetched or a number divided."""
    nested = b"[" * 100_000
    said = {"Type": "Notification", "Signature": "", "SignatureVersion": "1", "SigningCertURL": PEM_AT}
    for content in (
        json.dumps(body).encode(),
        nested,
        json.dumps({**said, "TopicArn": body}).encode(),
        json.dumps(said).encode(),
    ):
        with pytest.raises(Forged):
            ses.verify(Call("https://x.example/events/ses", body=content), lambda _: pytest.fail("fetched"), {TOPIC})


# --- SES over SNS ----------------------------------------------------------------------------------------

TOPIC = "arn:aws:sns:eu-north-1:123456789012:mail-events"
PEM_AT = "https://sns.eu-north-1.amazonaws.com/SimpleNotificationService-abc.pem"


@pytest.fixture(scope="module")
def amazon() -> tuple[rsa.RSAPrivateKey, bytes]:
    """A key and a certificate in Amazon's place."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    return key, made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def notification(key: rsa.RSAPrivateKey, event: dict[str, Any], **changes: Any) -> Call:
    note = {
        "Type": "Notification",
        "MessageId": "n1",
        "TopicArn": TOPIC,
        "Message": json.dumps(event),
        "Timestamp": "2026-11-20T09:30:01.000Z",
        "SignatureVersion": "2",
        "SigningCertURL": PEM_AT,
        **changes,
    }
    fields = ("Message", "MessageId", "Timestamp", "TopicArn", "Type")
    text = "".join(f"{name}\n{note[name]}\n" for name in fields).encode()
    note["Signature"] = base64.b64encode(key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()
    return Call("https://x.example/events/ses", body=json.dumps(note).encode())


def ses_event(kind: str, **detail: Any) -> dict[str, Any]:
    mail = {
        "timestamp": "2026-11-20T09:00:00.000Z",
        "destination": ["kari@kunde.example"],
        "tags": {"fredning_message_id": [MESSAGE]},
    }
    return {"eventType": kind, "mail": mail, kind.lower(): {"timestamp": "2026-11-20T09:30:00.000Z", **detail}}


def test_a_bounce_of_ses_names_our_message_and_whether_it_is_for_good(amazon: tuple[rsa.RSAPrivateKey, bytes]) -> None:
    """Our id comes back as the tag; only a permanent bounce gives the address up."""
    key, pem = amazon
    found = []
    for kind in ("Permanent", "Transient", "Undetermined"):
        event = ses_event("Bounce", bounceType=kind, bouncedRecipients=[{"emailAddress": "kari@kunde.example"}])
        found += ses.events(ses.verify(notification(key, event), lambda _: pem, {TOPIC}))
    assert [one["bounce_type"] for one in found] == ["hard", "soft", "soft"]
    assert {(one["event"], one["message_id"], one["address"]) for one in found} == {
        ("bounced", MESSAGE, "kari@kunde.example")
    }


@pytest.mark.parametrize(
    ("kind", "detail", "event"),
    [
        ("Delivery", {}, "delivered"),
        ("Complaint", {"complainedRecipients": [{"emailAddress": "kari@kunde.example"}]}, "complained"),
        ("Open", {"userAgent": "Mail"}, "opened"),
        ("Click", {"link": "https://shop.example/x", "userAgent": "Mail"}, "clicked"),
        ("Send", {}, "sent"),
    ],
)
def test_events_of_ses_have_the_fields_vocabulary(
    amazon: tuple[rsa.RSAPrivateKey, bytes], kind: str, detail: dict[str, Any], event: str
) -> None:
    """The rows read the same whichever provider reported."""
    key, pem = amazon
    [one] = ses.events(ses.verify(notification(key, ses_event(kind, **detail)), lambda _: pem, {TOPIC}))
    assert (one["event"], one["message_id"], one["channel"]) == (event, MESSAGE, "email")


def test_a_notification_that_amazon_did_not_sign_is_refused(amazon: tuple[rsa.RSAPrivateKey, bytes]) -> None:
    """Nor one of another topic, nor one that brings its own certificate along."""
    key, pem = amazon
    genuine = notification(key, ses_event("Delivery"))
    note = json.loads(genuine.body)
    other = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    forged = [
        notification(other, ses_event("Delivery")),
        notification(key, ses_event("Delivery"), TopicArn="arn:aws:sns:eu-north-1:666:mine"),
        notification(
            key, ses_event("Delivery"), SigningCertURL="https://sns.eu-north-1.amazonaws.com.evil.example/x.pem"
        ),
        notification(key, ses_event("Delivery"), SigningCertURL="http://sns.eu-north-1.amazonaws.com/x.pem"),
        replace(genuine, body=json.dumps({**note, "Message": "{}"}).encode()),
        replace(genuine, body=b"[]"),
    ]
    for call in forged:
        with pytest.raises(Forged):
            ses.verify(call, lambda _: pem, {TOPIC})


# --- SMS --------------------------------------------------------------------------------------------------

SECRET = kit.SECRET.encode()
REPORT = f"https://fredning.example/events/twilio/{reports.token(SECRET, MESSAGE)}"


def twilio_call(token: str = "auth", **form: str) -> Call:
    said = {"MessageSid": "SM1", "To": "+4799900000", "MessageStatus": "delivered", **form}
    text = REPORT + "".join(f"{name}{value}" for name, value in sorted(said.items()))
    mac = base64.b64encode(hmac.digest(token.encode(), text.encode(), "sha1")).decode()
    return Call(REPORT, {"X-Twilio-Signature": mac}, urlencode(said).encode())


@pytest.mark.parametrize(
    ("form", "event", "bounce_type"),
    [
        ({}, "delivered", None),
        ({"MessageStatus": "undelivered", "ErrorCode": "30003"}, "bounced", "soft"),
        ({"MessageStatus": "undelivered", "ErrorCode": "30005"}, "bounced", "hard"),
        ({"MessageStatus": "failed", "ErrorCode": "21610"}, "unsubscribed", None),
    ],
)
def test_a_status_report_of_twilio(form: dict[str, str], event: str, bounce_type: str | None) -> None:
    """A number that does not exist is given up, a phone that is off is not; a STOP is an opt-out."""
    [one] = sms.parse_twilio(twilio_call(**form), "auth", [SECRET], NOW)
    assert (one["event"], one["bounce_type"], one["message_id"]) == (event, bounce_type, MESSAGE)


def test_a_forged_status_report_of_twilio_is_refused() -> None:
    """Another key, another body, or an address that we never gave out."""
    genuine = twilio_call()
    for call in (
        twilio_call("another"),
        replace(genuine, body=genuine.body.replace(b"delivered", b"failed")),
        replace(genuine, headers={}),
    ):
        with pytest.raises(Forged):
            sms.parse_twilio(call, "auth", [SECRET], NOW)


def test_a_report_of_kannel_counts_only_at_an_address_that_we_gave_out() -> None:
    """The gateway signs nothing, so the address is the proof."""
    token = reports.token(SECRET, MESSAGE)
    address = f"https://fredning.example/events/kannel/{token}?status="
    assert sms.parse_kannel(Call(address + "1"), [SECRET], NOW)[0]["event"] == "delivered"
    assert sms.parse_kannel(Call(address + "2"), [SECRET], NOW)[0]["bounce_type"] == "soft"
    with pytest.raises(Unreadable):
        sms.parse_kannel(Call(address + "77"), [SECRET], NOW)
    for forged in (
        address.replace(token, MESSAGE),
        address.replace(token, token[:-1] + "x"),
        address.replace(token, "é"),
    ):
        with pytest.raises(Forged):
            sms.parse_kannel(Call(forged + "1"), [SECRET], NOW)


# --- taking in --------------------------------------------------------------------------------------------


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
