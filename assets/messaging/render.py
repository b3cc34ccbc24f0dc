"""Renders messages: one content row in, one mail or SMS out. Compiling is done once; a message only fills in fields.

Headers and MIME belong to `mime`; who gets a message was decided in SQL.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jinja2

from assets.messaging import links, sms
from assets.messaging.content import ContentRow, RenderError
from assets.messaging.engine import HTML, TEXT, NoneInMessage, Render, compiled, required_fields
from assets.messaging.merge_fields import Fields, Sender, Shelf, merge_fields, one_line
from assets.messaging.template_compile import Compiler, TemplateArtifact
from assets.messaging.template_files import Notes, TemplateErrors
from assets.messaging.texts import TextFiles, read_text_files
from assets.messaging.wording import Wording
from orchestration.settings import Settings

if TYPE_CHECKING:
    from assets.messaging.journeys import Templates

# Gmail cuts a mail at 102 KB, and with it the unsubscribe link.
MAX_HTML_BYTES = 90_000

__all__ = [
    "HTML",
    "TEXT",
    "ContentRow",
    "RenderError",
    "RenderedEmail",
    "RenderedSms",
    "Renderer",
    "TemplateArtifact",
    "compiled",
]


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


@dataclass(frozen=True)
class _Compiled:
    """What of a message depends on the template folder alone."""

    artifact: TemplateArtifact
    subject: Render
    preheader: Render
    html: Render
    text: Render
    required: frozenset[str]


@dataclass(frozen=True)
class _Ready:
    parts: _Compiled
    shelf: Shelf


@lru_cache(maxsize=4)
def _compiled_before(root: Path, version: str) -> dict[tuple[str, ...], _Compiled]:
    """Parts of one state of the template folder: check, previews and batches of a process compile each once."""
    return {}


@lru_cache(maxsize=4)
def _texts_before(root: Path, version: str) -> list[TextFiles]:
    """The texts of one state of the template folder, once they were read."""
    return []


class Renderer:
    """All templates of one installation, each compiled when it is first needed.

    Not bound to a run; safe to keep for the life of a process. Rendering the same row gives the same bytes.
    """

    def __init__(self, settings: Settings, templates: Templates, *, texts: TextFiles | None = None) -> None:
        self.templates = templates
        self._currency = settings.currency
        brand = templates.brand
        self._sender = Sender(
            brand.shop_url,
            settings.public_url,
            frozenset({*brand.link_hosts, urlsplit(settings.public_url).hostname or ""}),
            settings.require_secret_key(),
        )
        self._compiler = Compiler(templates.root, brand)
        self.texts = texts if texts is not None else _texts_of(templates)
        # Who hands in the texts wants to know which of them are used, and that shows only in compiling.
        self._compiles_always = texts is not None
        self._ready: dict[tuple[str, str, str, str, str], _Ready] = {}

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that a link may lead to."""
        return self._sender.hosts

    def render(self, row: ContentRow) -> RenderedEmail | RenderedSms:
        """The finished message. Raises `RenderError` when this row cannot become one."""
        ready, fields = self._prepare(row)
        try:
            text = ready.parts.text(fields)
            if row.channel == "sms":
                return self._sms(row, ready, fields, text)
            mail = RenderedEmail(
                one_line(ready.parts.subject(fields), 150), ready.parts.preheader(fields),
                ready.parts.html(fields), text, ready.parts.artifact.version, fields["unsubscribe_url"], fields,
            )  # fmt: skip
        except jinja2.UndefinedError as error:
            # Jinja's message names the field that is missing, never its content.
            raise RenderError(
                row.message_id, f"the template asks for a field that is not there: {error.message}"
            ) from None
        except NoneInMessage as error:
            raise RenderError(row.message_id, str(error)) from None
        if not mail.subject:
            raise RenderError(row.message_id, "the subject is empty")
        if len(mail.html.encode()) > MAX_HTML_BYTES:
            raise RenderError(row.message_id, f"the mail is larger than {MAX_HTML_BYTES // 1000} KB")
        return mail

    def merge_fields(self, row: ContentRow) -> Fields:
        """What fills in the row's artifact. Raises `RenderError`."""
        return self._prepare(row)[1]

    def field_names(self, row: ContentRow) -> frozenset[str]:
        """The fields that a row like this one has, whether or not the template needs others."""
        return frozenset(self._prepare(row, incomplete=True)[1])

    def artifact(
        self, journey: str, step: str, language: str | None, variant: str | None, channel: str = "email"
    ) -> TemplateArtifact:
        """The compiled template. Raises `LookupError` for a step that does not exist, and compile errors."""
        return self._get(journey, step, language, variant, channel).parts.artifact

    def artifact_for(self, row: ContentRow) -> TemplateArtifact:
        return self.artifact(row.journey, row.step, row.language, row.variant, row.channel)

    def _prepare(self, row: ContentRow, *, incomplete: bool = False) -> tuple[_Ready, Fields]:
        try:
            ready = self._get(row.journey, row.step, row.language, row.variant, row.channel)
        except LookupError:
            raise RenderError(row.message_id, f"there is no template for {row.journey}/{row.step}") from None
        try:
            fields = merge_fields(row, self.templates.journeys[row.journey], ready.shelf)
        except links.LinkError as error:
            raise RenderError(row.message_id, str(error)) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # Only the kind of error: its text could quote the customer's data.
            reason = f"the content does not hold what the message needs ({_safe(error)})"
            raise RenderError(row.message_id, reason) from None
        missing = ready.parts.required - fields.keys()
        if missing and not incomplete:
            # Asked here too, because a merge-field batch is filled in where we cannot see it.
            reason = f"the template asks for a field that is not there: '{min(missing)}' is undefined"
            raise RenderError(row.message_id, reason)
        return ready, fields

    def _sms(self, row: ContentRow, ready: _Ready, fields: Fields, text: str) -> RenderedSms:
        text = sms.normalise(text)
        size = sms.measure(text)
        cap = self.templates.brand.senders.sms.max_segments
        if size.segments > cap:
            raise RenderError(
                row.message_id, f"the SMS needs {size.segments} segments ({size.encoding}), {cap} are allowed"
            )
        return RenderedSms(
            text, size.segments, size.encoding, ready.parts.artifact.version, fields["unsubscribe_url"], fields
        )

    def _get(self, journey: str, step: str, language: str | None, variant: str | None, channel: str) -> _Ready:
        spec = self.templates.journeys[journey]
        language = self.templates.brand.language_for(language)
        # An arm that was taken out of the journey since the customer was drawn gets what everybody gets.
        arm = variant if variant in spec.variants() else spec.variants()[0]
        key = (journey, step, channel, language, arm)
        if key not in self._ready:
            if step not in [s.id for s in spec.steps]:
                raise LookupError(f"{journey} has no step {step}")
            texts = self.texts.for_step(journey, step, language)
            before = _compiled_before(self.templates.root, self.templates.version)
            if self._compiles_always or key not in before:
                before[key] = _parts(self._compiler.compile(journey, spec, step, channel, arm, texts))
            tags = links.campaign(journey, step, arm, channel)
            self._ready[key] = _Ready(before[key], Shelf(Wording.of(texts, self._currency), self._sender, tags))
        return self._ready[key]


def _parts(artifact: TemplateArtifact) -> _Compiled:
    parts = (artifact.subject, artifact.preheader, artifact.html, artifact.text)
    return _Compiled(
        artifact=artifact,
        subject=compiled(TEXT, artifact.subject),
        preheader=compiled(TEXT, artifact.preheader),
        html=compiled(HTML, artifact.html),
        text=compiled(TEXT, artifact.text),
        required=frozenset().union(*(required_fields(part) for part in parts)),
    )


def _texts_of(templates: Templates) -> TextFiles:
    before = _texts_before(templates.root, templates.version)
    if not before:
        before.append(_read_texts(templates))
    return before[0]


def _read_texts(templates: Templates) -> TextFiles:
    notes = Notes()
    steps = {key: [step.id for step in journey.steps] for key, journey in templates.journeys.items()}
    texts = read_text_files(templates.root, steps, templates.brand.languages, notes)
    if notes.mistakes:
        raise TemplateErrors(notes.mistakes)
    return texts


def _safe(error: Exception) -> str:
    """A field's name may be told, a value not."""
    name = str(error.args[0]) if isinstance(error, KeyError) and error.args else ""
    return f"{type(error).__name__} {name}".strip() if re.fullmatch(r"[a-z_]{0,30}", name) else type(error).__name__
