"""What of messages depends on the template folder alone: compiled parts and texts, kept for each state of the folder.

Check, previews and batches of a process compile a template once between them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2.meta import find_undeclared_variables

from assets.messaging.engine import HTML, TEXT, Render, compiled, required_fields
from assets.messaging.formats import one_line
from assets.messaging.quoted import RenderQuoted, compiled_quoted
from assets.messaging.template_compile import TemplateArtifact
from assets.messaging.template_files import Notes, TemplateErrors
from assets.messaging.texts import TextFiles, read_text_files

if TYPE_CHECKING:
    from assets.messaging.journeys import Templates

_MAX_SUBJECT = 150


@dataclass(frozen=True)
class CompiledParts:
    """An artifact and the functions that fill its parts in; each is made when it is first asked for."""

    artifact: TemplateArtifact

    def check_syntax(self) -> None:
        """Raises `jinja2.TemplateSyntaxError` for a part that no engine can read."""
        _ = self.subject, self.preheader, self.html, self.text

    @cached_property
    def subject(self) -> Render:
        return compiled(TEXT, self.artifact.subject)

    @cached_property
    def subject_fields(self) -> frozenset[str]:
        """The fields that the subject may show."""
        return frozenset(find_undeclared_variables(TEXT.parse(self.artifact.subject)))

    def subject_line(self, fields: Mapping[str, Any]) -> str:
        """The subject, cut to what a mail program shows; empty where nothing is left of it."""
        return one_line(self.subject(fields), _MAX_SUBJECT)

    @cached_property
    def preheader(self) -> Render:
        return compiled(TEXT, self.artifact.preheader)

    @cached_property
    def html(self) -> Render:
        return compiled(HTML, self.artifact.html)

    @cached_property
    def text(self) -> Render:
        return compiled(TEXT, self.artifact.text)

    @cached_property
    def quoted_html(self) -> RenderQuoted:
        return compiled_quoted(self.artifact.html, html=True)

    @cached_property
    def quoted_text(self) -> RenderQuoted:
        return compiled_quoted(self.artifact.text, html=False)

    @cached_property
    def required(self) -> frozenset[str]:
        """Fields that every message must have."""
        artifact = self.artifact
        sources = (artifact.subject, artifact.preheader, artifact.html, artifact.text)
        return frozenset().union(*map(required_fields, sources))


@lru_cache(maxsize=4)
def parts_of_version(root: Path, version: str) -> dict[tuple[str, ...], CompiledParts]:
    """Parts of one state of the template folder: check, previews and batches of a process compile each once."""
    return {}


@lru_cache(maxsize=4)
def _texts_before(root: Path, version: str) -> list[TextFiles]:
    """The texts of one state of the template folder, once they were read."""
    return []


def texts_of(templates: Templates) -> TextFiles:
    """The texts of a template folder. Raises `TemplateErrors`."""
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
