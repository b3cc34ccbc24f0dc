"""What batches need of rendering, as a small interface, and the adapter that gives it to them.

The hand-off is tested against the interface; the renderer knows nothing of files, headers or ledgers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from assets.messaging.content import ContentRow, RenderError
from assets.messaging.messages import RenderedSms
from assets.messaging.mime import QuotedPrintable
from assets.messaging.render import Renderer, TemplateArtifact

Format = Literal["ndjson", "eml"]
Row = Mapping[str, Any]

__all__ = ["Format", "Merge", "MessageSource", "RenderError", "RenderedMessages", "Row", "Sender", "Written"]


@dataclass(frozen=True, slots=True)
class Sender:
    """Who messages of a channel come from: a mail address, or an SMS sender id."""

    name: str
    address: str
    reply_to: str | None = None
    legal_name: str = ""
    postal_address: str = ""
    organisation_number: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A finished message: a mail (with subject and, mostly, html), or an SMS (with what it costs)."""

    text: str | QuotedPrintable
    template_version: str
    subject: str | None = None
    html: str | QuotedPrintable | None = None
    segments: int | None = None
    encoding: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """The merge fields of a mail, and the template that the provider fills in with them."""

    subject: str
    fields: Mapping[str, Any]
    template_version: str
    template: bytes


class MessageSource(Protocol):
    """Makes messages of content rows. All methods raise `RenderError` for a row that cannot be one."""

    def sender(self, channel: str) -> Sender: ...

    def handoff(self, channel: str, journey: str) -> Format: ...

    def write(self, row: Row) -> Written: ...

    def merge(self, row: Row) -> Merge: ...


@dataclass(slots=True)
class RenderedMessages:
    """The real thing, over the templates of this installation."""

    renderer: Renderer
    _files: dict[str, bytes] = field(default_factory=dict)

    def sender(self, channel: str) -> Sender:
        brand = self.renderer.templates.brand
        legal = (brand.legal.name, brand.legal.postal_address, brand.legal.organisation_number)
        if channel == "sms":
            return Sender("", brand.senders.sms.sender_id, None, *legal)
        mail = brand.senders.email
        return Sender(mail.name, mail.address, mail.reply_to, *legal)

    def handoff(self, channel: str, journey: str) -> Format:
        """Full mails where the journey asks for them; an SMS is short enough to be written out always."""
        known = self.renderer.templates.journeys.get(journey)
        return "eml" if channel == "email" and known and known.handoff == "mime" else "ndjson"

    def write(self, row: Row) -> Written:
        content = ContentRow.from_mapping(row)
        if content.channel == "email":
            mail = self.renderer.quoted(content)
            return Written(mail.text, mail.template_version, mail.subject, mail.html)
        done = self.renderer.render(content)
        assert isinstance(done, RenderedSms)
        return Written(done.text, done.template_version, segments=done.segments, encoding=done.encoding)

    def merge(self, row: Row) -> Merge:
        content = ContentRow.from_mapping(row)
        fields = self.renderer.merge_fields(content)
        artifact = self.renderer.artifact_for(content)
        subject = self.renderer.subject(content, fields)
        return Merge(subject, fields, artifact.version, self.file_of(artifact))

    def file_of(self, artifact: TemplateArtifact) -> bytes:
        """The compiled template as it is handed off."""
        if artifact.version not in self._files:
            self._files[artifact.version] = template_file(artifact)
        return self._files[artifact.version]


def template_file(artifact: TemplateArtifact) -> bytes:
    """A compiled template as a provider gets it. Its html is to be filled in with autoescape, the rest without."""
    parts = ("journey", "step", "channel", "language", "variant", "version", "subject", "preheader", "html", "text")
    content = {"engine": "jinja2"} | {name: getattr(artifact, name) for name in parts}
    return json.dumps(content, ensure_ascii=False, indent=1).encode() + b"\n"
