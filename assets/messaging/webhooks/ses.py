"""Events of Amazon SES as Amazon SNS delivers them: the notification's signature, then the event inside.

Our id comes back as the tag that the mail was sent with; the address of an event stands in its detail.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from assets.messaging.channels.ses import TAG
from assets.messaging.signatures import Forged
from assets.messaging.webhooks import Call, Unreadable, event_row, instant

_NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
# A certificate from anywhere else would let anybody sign.
_CERTIFICATE = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?/[A-Za-z0-9_.-]+\.pem")
_HASHES = {"1": hashes.SHA1, "2": hashes.SHA256}

_EVENTS = {
    "Send": "sent",
    "Delivery": "delivered",
    "Bounce": "bounced",
    "Complaint": "complained",
    "Reject": "rejected",
    "DeliveryDelay": "deferred",
    "Open": "opened",
    "Click": "clicked",
    "Rendering Failure": "failed",
    "Subscription": "unsubscribed",
}
# Where the detail of an event names its recipients, and how.
_RECIPIENTS = {
    "Bounce": ("bounce", "bouncedRecipients"),
    "Complaint": ("complaint", "complainedRecipients"),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients"),
}


def verify(call: Call, certificate_of: Callable[[str], bytes], topics: Collection[str]) -> dict[str, Any]:
    """The genuine notification of one of our topics. `certificate_of` fetches (and may keep) a PEM by its address.

    Raises `Forged`.
    """
    try:
        note: dict[str, Any] = json.loads(call.body)
        fields = _NOTIFICATION if note["Type"] == "Notification" else _CONFIRMATION
        signed = "".join(f"{name}\n{note[name]}\n" for name in fields if name in note).encode()
        signature = base64.b64decode(note["Signature"], validate=True)
        algorithm = _HASHES[note["SignatureVersion"]]()
        address, topic = str(note["SigningCertURL"]), str(note["TopicArn"])
    except (ValueError, KeyError, TypeError, RecursionError, binascii.Error):
        raise Forged("not a signed notification") from None
    if topic not in topics:
        raise Forged("a topic that is not ours")
    if not _CERTIFICATE.fullmatch(address):
        raise Forged("a certificate from elsewhere")
    key = x509.load_pem_x509_certificate(certificate_of(address)).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        raise Forged("a certificate of another kind")
    try:
        key.verify(signature, signed, padding.PKCS1v15(), algorithm)
    except InvalidSignature:
        raise Forged("no signature fits") from None
    return note


def subscribe_url(note: Mapping[str, Any]) -> str | None:
    """What to open once to confirm the topic's subscription, if the notification asks for that."""
    return str(note["SubscribeURL"]) if note["Type"] == "SubscriptionConfirmation" else None


def events(note: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a verified notification: one for each recipient. Raises `Unreadable`."""
    if note["Type"] != "Notification":
        return []
    try:
        said = json.loads(note["Message"])
        kind = said.get("eventType") or said["notificationType"]
        name = _EVENTS.get(kind)
        if name is None or not said.get("mail"):
            return []
        return [_row(note, said, kind, name, address) for address in _addresses(said, kind)]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"not an event of SES: {type(error).__name__}") from None


def _addresses(said: Mapping[str, Any], kind: str) -> list[str]:
    if kind in _RECIPIENTS:
        part, name = _RECIPIENTS[kind]
        return [str(one["emailAddress"]) for one in said[part][name]]
    return [str(address) for address in said["mail"]["destination"]]


def _row(note: Mapping[str, Any], said: Mapping[str, Any], kind: str, name: str, address: str) -> dict[str, Any]:
    mail, detail = said["mail"], _detail(said, kind)
    tagged = mail.get("tags", {}).get(TAG, [None])
    # SNS may deliver a notification twice under one id; several recipients of it are several events.
    event_id = hashlib.sha256(f"{note['MessageId']}\x1f{address}".encode()).hexdigest()[:32]
    more: dict[str, Any] = {"message_id": tagged[0], "address": address}
    if kind == "Bounce":
        # "Undetermined" is treated as soft: an address is given up for good only on a permanent answer.
        more["bounce_type"] = "hard" if detail.get("bounceType") == "Permanent" else "soft"
        more["reason"] = detail.get("bounceSubType")
    if kind == "Click":
        more["url"] = detail.get("link")
    if kind in ("Open", "Click"):
        more["user_agent"] = detail.get("userAgent")
    at = instant(detail.get("timestamp") or mail["timestamp"])
    return event_row(event_id, at, "email", name, **more)


def _detail(said: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    part = {"DeliveryDelay": "deliveryDelay", "Rendering Failure": "failure"}.get(kind, kind.lower())
    found = said.get(part)
    return found if isinstance(found, Mapping) else {}
