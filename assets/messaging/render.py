"""Renders messages: one content row in, one mail or SMS out. Compiling is done once; a message only fills in fields.

Headers and MIME belong to `mime`; who gets a message was decided in SQL.
"""

from __future__ import annotations

import binascii
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import jinja2

from assets.messaging import links, sms
from assets.messaging.compiled_parts import CompiledParts, parts_of_version, texts_of
from assets.messaging.content import ContentRow, RenderError
from assets.messaging.engine import HTML, TEXT, NoneInMessage, compiled
from assets.messaging.merge_fields import StepPlan, merge_fields
from assets.messaging.messages import QuotedEmail, RenderedEmail, RenderedSms
from assets.messaging.shelf import Fields, Sender, Shelf
from assets.messaging.template_compile import Compiler, TemplateArtifact
from assets.messaging.texts import TextFiles
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


@dataclass(frozen=True, slots=True)
class Ready:
    """All that the messages of one template have in common."""

    parts: CompiledParts
    plan: StepPlan
    shelf: Shelf


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
        self.texts = texts if texts is not None else texts_of(templates)
        # Who hands in the texts wants to know which of them are used, and that shows only in compiling.
        self._compiles_always = texts is not None
        self._ready: dict[tuple[str, str, str, str, str], Ready] = {}
        self._asked: dict[tuple[str, str, str, str | None, str | None], Ready] = {}

    @property
    def hosts(self) -> frozenset[str]:
        """Hosts that a link may lead to."""
        return self._sender.hosts

    def render(self, row: ContentRow) -> RenderedEmail | RenderedSms:
        """The finished message. Raises `RenderError` when this row cannot become one."""
        ready, fields = self._prepare(row)
        parts = ready.parts
        with _failures_of(row):
            text = parts.text(fields)
            if row.channel == "sms":
                return self._sms(row, ready, fields, text)
            html = parts.html(fields)
            mail = RenderedEmail(
                self._subject(row, parts, fields), parts.preheader(fields), html, text, parts.artifact.version,
                fields["unsubscribe_url"], fields,
            )  # fmt: skip
        if len(html.encode()) > MAX_HTML_BYTES:
            raise _too_large(row)
        return mail

    def quoted(self, row: ContentRow) -> QuotedEmail:
        """The mail as `render` would write it, encoded for MIME: a fifth of the work. Raises `RenderError`."""
        ready, fields = self._prepare(row)
        parts = ready.parts
        with _failures_of(row):
            subject = self._subject(row, parts, fields)
            html, text = parts.quoted_html(fields), parts.quoted_text(fields)
        # Encoding only ever adds, so the exact size matters for large mails alone.
        if len(html) > MAX_HTML_BYTES and len(binascii.a2b_qp(html).replace(b"\r\n", b"\n")) > MAX_HTML_BYTES + 1:
            raise _too_large(row)
        return QuotedEmail(subject, html, text, parts.artifact.version)

    def subject(self, row: ContentRow, fields: Fields) -> str:
        """The subject of a row whose merge fields are known. Raises `RenderError`."""
        with _failures_of(row):
            return self._subject(row, self._ready_for(row).parts, fields)

    @staticmethod
    def _subject(row: ContentRow, parts: CompiledParts, fields: Fields) -> str:
        subject = parts.subject_line(fields)
        if not subject:
            raise RenderError(row.message_id, "the subject is empty")
        return subject

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

    def ready(self, journey: str, step: str, language: str | None, variant: str | None) -> Ready:
        """What a template's mails have in common. Raises `LookupError` for a step that does not exist."""
        return self._get(journey, step, language, variant, "email")

    def _prepare(self, row: ContentRow, *, incomplete: bool = False) -> tuple[Ready, Fields]:
        ready = self._ready_for(row)
        try:
            fields = merge_fields(row, ready.plan, ready.shelf)
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

    def _ready_for(self, row: ContentRow) -> Ready:
        try:
            return self._get(row.journey, row.step, row.language, row.variant, row.channel)
        except LookupError:
            raise RenderError(row.message_id, f"there is no template for {row.journey}/{row.step}") from None

    def _sms(self, row: ContentRow, ready: Ready, fields: Fields, text: str) -> RenderedSms:
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

    def _get(self, journey: str, step: str, language: str | None, variant: str | None, channel: str) -> Ready:
        asked = (journey, step, channel, language, variant)
        if asked in self._asked:
            return self._asked[asked]
        spec = self.templates.journeys[journey]
        language = self.templates.brand.language_for(language)
        # An arm that was taken out of the journey since the customer was drawn gets what everybody gets.
        arm = variant if variant in spec.variants() else spec.variants()[0]
        key = (journey, step, channel, language, arm)
        if key not in self._ready:
            if step not in [s.id for s in spec.steps]:
                raise LookupError(f"{journey} has no step {step}")
            texts = self.texts.for_step(journey, step, language)
            before = parts_of_version(self.templates.root, self.templates.version)
            if self._compiles_always or key not in before:
                parts = CompiledParts(self._compiler.compile(journey, spec, step, channel, arm, texts))
                parts.check_syntax()
                before[key] = parts
            tags = links.campaign(journey, step, arm, channel)
            shelf = Shelf(Wording.of(texts, self._currency), self._sender, tags)
            self._ready[key] = Ready(before[key], StepPlan.of(spec, step), shelf)
        # Unknown languages and arms lead to a known template; the shelf and all that is on it are one.
        self._asked[asked] = self._ready[key]
        return self._ready[key]


class _failures_of:  # noqa: N801  (reads as what it does; a generator would cost a microsecond a message)
    """Turns what a template engine raises about one row into its `RenderError`."""

    __slots__ = ("_row",)

    def __init__(self, row: ContentRow) -> None:
        self._row = row

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, jinja2.UndefinedError):
            # Jinja's message names the field that is missing, never its content.
            reason = f"the template asks for a field that is not there: {error.message}"
            raise RenderError(self._row.message_id, reason) from None
        if isinstance(error, NoneInMessage):
            raise RenderError(self._row.message_id, str(error)) from None


def _too_large(row: ContentRow) -> RenderError:
    return RenderError(row.message_id, f"the mail is larger than {MAX_HTML_BYTES // 1000} KB")


def _safe(error: Exception) -> str:
    """A field's name may be told, a value not."""
    name = str(error.args[0]) if isinstance(error, KeyError) and error.args else ""
    return f"{type(error).__name__} {name}".strip() if re.fullmatch(r"[a-z_]{0,30}", name) else type(error).__name__
