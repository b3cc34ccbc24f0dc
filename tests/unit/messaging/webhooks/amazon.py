"""Amazon's notifications about mails, with a key and a certificate in its place."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from assets.messaging.webhooks import Call
from tests.unit.messaging.webhooks.calls import MESSAGE, NOW

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
