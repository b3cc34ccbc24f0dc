"""A mail provider that knows nothing of this project: it takes manifests, templates, cards and records as they lie in
an outbox, and makes mails of them with Jinja2 and the standard library."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from pathlib import Path
from typing import Any

import jinja2
import zstandard

# Long enough that no header is folded: mail programs look for the one-click link on one line.
_POLICY = SMTP.clone(max_line_length=998)


def mails(outbox: Path) -> Iterator[tuple[dict[str, Any], EmailMessage]]:
    """Every (record, mail) of the merge fields that a manifest names, each checked against the manifest's hashes."""
    for path in sorted(outbox.glob("*/*.manifest.json")):
        manifest = json.loads(path.read_text())
        if manifest["channel"] == "email" and manifest["format"] == "ndjson":
            yield from _mails(outbox, manifest)


def _mails(outbox: Path, manifest: dict[str, Any]) -> Iterator[tuple[dict[str, Any], EmailMessage]]:
    cards: dict[str, Any] = {}
    for file in manifest["cards"]["files"]:
        cards |= json.loads(_unpacked(_checked(outbox, file)))
    templates = {file["path"]: json.loads(_checked(outbox, file)) for file in manifest["templates"]}
    for file in manifest["files"]:
        for line in _unpacked(_checked(outbox, file)).splitlines():
            record = json.loads(line)
            fields = dict(record["fields"])
            for name in manifest["cards"]["named_by_fields"]:
                if name in fields:
                    fields[name] = [cards[card] for card in fields[name]]
            yield record, _mail(manifest["headers"], templates[record["template"]], record, fields)


def _mail(headers: dict[str, str], template: dict[str, Any], record: dict[str, Any], fields: Any) -> EmailMessage:
    mail = EmailMessage(policy=_POLICY)
    plain, escaping = jinja2.Environment(keep_trailing_newline=True), jinja2.Environment(autoescape=True)
    mail.set_content(plain.from_string(template["text"]).render(fields))
    mail.add_alternative(escaping.from_string(template["html"]).render(fields), subtype="html")
    # After the bodies: of a mail with two of them, what began as a header of its content would go to the first.
    for name, pattern in headers.items():
        mail[name] = pattern.format_map(record)
    mail["Date"] = datetime.fromisoformat(record["send_at"])
    return mail


def _checked(outbox: Path, file: dict[str, Any]) -> bytes:
    content = (outbox / file["path"]).read_bytes()
    assert sha256(content).hexdigest() == file["sha256"], file["path"]
    return content


def _unpacked(content: bytes) -> bytes:
    return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content)).read()
