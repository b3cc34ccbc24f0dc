"""Finished messages: what rendering gives, before headers and files."""

from __future__ import annotations

from dataclasses import dataclass

from assets.messaging import links
from assets.messaging.mime import QuotedPrintable
from assets.messaging.shelf import Fields


@dataclass(frozen=True)
class RenderedEmail:
    """A finished mail without its headers."""

    subject: str
    preheader: str
    html: str
    text: str
    template_version: str
    unsubscribe_url: str
    fields: Fields

    @property
    def links(self) -> tuple[str, ...]:
        """Every address that a reader can follow, in order, once."""
        return links.links_in_html(self.html)


@dataclass(frozen=True)
class RenderedSms:
    """A finished SMS with what it costs."""

    text: str
    segments: int
    encoding: str
    template_version: str
    unsubscribe_url: str
    fields: Fields

    @property
    def links(self) -> tuple[str, ...]:
        return links.links_in_text(self.text)


@dataclass(frozen=True, slots=True)
class QuotedEmail:
    """A finished mail whose parts are encoded as they stand in its MIME body."""

    subject: str
    html: QuotedPrintable
    text: QuotedPrintable
    template_version: str
