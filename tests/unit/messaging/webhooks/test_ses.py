"""SES over SNS: what Amazon signed becomes events, and nobody else gets past the first look."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given

from assets.messaging.signatures import Forged
from assets.messaging.webhooks import Call, ses
from tests.unit.messaging.webhooks.amazon import PEM_AT, TOPIC, notification, ses_event
from tests.unit.messaging.webhooks.calls import MESSAGE, ODD


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
