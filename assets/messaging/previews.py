"""Pages on which people look at messages before customers do: the run's own where it has them, else samples.

Holds no address and no working link to a customer's cart or settings. Who gets what was decided elsewhere.
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from assets.messaging.content import ContentRow, RenderError
from assets.messaging.drawn_pictures import with_drawn_pictures
from assets.messaging.journeys import Templates, load_templates, policy_version
from assets.messaging.mail_checks import Finding
from assets.messaging.messages import RenderedEmail, RenderedSms
from assets.messaging.preview_pages import as_dark, index_page, message_page
from assets.messaging.render import Renderer
from assets.messaging.sms import split
from assets.messaging.template_checks import findings
from assets.messaging.template_samples import sample_rows
from orchestration.settings import Settings

Key = tuple[str, str, str, str, str, str]
_MAX_TRIES = 3


@dataclass(frozen=True)
class Example:
    """One message as the pages show it."""

    key: Key
    origin: str
    message: RenderedEmail | RenderedSms
    facts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...] = ()

    journey = property(lambda self: self.key[0])
    step = property(lambda self: self.key[1])
    channel = property(lambda self: self.key[2])
    variant = property(lambda self: self.key[3])
    branch = property(lambda self: self.key[4])
    language = property(lambda self: self.key[5])

    @property
    def name(self) -> str:
        return "-".join(part for part in self.key if part != "default")

    @property
    def page(self) -> str:
        return f"{self.name}.html"

    @property
    def mail(self) -> str:
        return f"{self.name}.mail.html" if isinstance(self.message, RenderedEmail) else ""

    @property
    def mail_dark(self) -> str:
        return f"{self.name}.mail-dark.html"

    @property
    def text(self) -> str:
        return self.message.text

    @property
    def n_findings(self) -> int:
        return len(self.findings)

    @property
    def links(self) -> tuple[str, ...]:
        return self.message.links

    @property
    def bubbles(self) -> list[str]:
        """An SMS in the segments that are paid for."""
        return split(self.message.text)

    @property
    def line(self) -> str:
        """The subject, or the beginning of the SMS."""
        return self.message.subject if isinstance(self.message, RenderedEmail) else self.message.text[:70] + "…"

    @property
    def size(self) -> str:
        if isinstance(self.message, RenderedEmail):
            return f"{len(self.message.html.encode()) / 1000:.0f} KB"
        return f"{self.message.segments} × {self.message.encoding}"


@dataclass
class Previews:
    """What was built: the index, the examples, and why some of the run's rows could not serve as one."""

    index: Path
    examples: list[Example]
    problems: Counter[str] = field(default_factory=Counter)

    @property
    def n_real(self) -> int:
        return sum(example.origin == "this run" for example in self.examples)


def build_previews(settings: Settings, run_date: date, rows: Iterable[Mapping[str, Any]]) -> Previews:
    """Write `previews/<run_date>/` from the run's rows (several per kind of message may be given; one is used)."""
    renderer, samples = _samples(settings, policy_version(settings.templates_dir))
    templates = renderer.templates
    previews = Previews(settings.previews_dir / run_date.isoformat() / "index.html", [])
    found: dict[Key, Example] = {}
    tries: Counter[Key] = Counter()
    for row in _readable(rows, previews.problems):
        key = _key(row, templates)
        if key in found or tries[key] >= _MAX_TRIES or key[0] not in templates.journeys:
            continue
        tries[key] += 1
        try:
            found[key] = _example(renderer, key, _harmless(row, templates), "this run")
        except RenderError as error:
            previews.problems[error.reason] += 1
    found = samples | found
    # As in the journey's file; what is no longer in it comes last.
    order = {key: position for position, key in enumerate(samples)}
    previews.examples = [found[key] for key in sorted(found, key=lambda key: (order.get(key, len(order)), key))]
    _write(previews, run_date, templates)
    return previews


@lru_cache(maxsize=1)
def _samples(settings: Settings, version: str) -> tuple[Renderer, dict[Key, Example]]:
    """The renderer and a sample of everything, for one state of the template folder: days that follow share them."""
    templates = load_templates(settings.templates_dir, check_texts=False)
    renderer = Renderer(replace(settings, secret_key=_no_key(settings)), templates)
    keys = {_key(row, templates): row for row in sample_rows(templates)}
    return renderer, {key: _example(renderer, key, row, "sample") for key, row in keys.items()}


def _readable(rows: Iterable[Mapping[str, Any]], problems: Counter[str]) -> Iterator[ContentRow]:
    for row in rows:
        try:
            yield ContentRow.from_mapping(row)
        except RenderError as error:
            problems[error.reason] += 1


def _key(row: ContentRow, templates: Templates) -> Key:
    language = templates.brand.language_for(row.language)
    return (row.journey, row.step, row.channel, row.variant or "default", row.branch, language)


def _harmless(row: ContentRow, templates: Templates) -> ContentRow:
    """The row with nothing left by which someone could be recognised or acted for, besides the first name."""
    content = dict(row.content)
    if content["customer"].get("company_name"):
        content["customer"] = content["customer"] | {"company_name": "Example Company"}
    if content.get("cart"):
        content["cart"] = content["cart"] | {"checkout_link": templates.brand.shop_url}
    return replace(row, content=content, message_id="0" * 32, customer_id="", address="", permission_id=None)


def _no_key(settings: Settings) -> str:
    """A key whose tokens open nothing: a preview is clicked on by people who are not the customer."""
    return hashlib.sha256(f"previews of {settings.tenant}".encode()).hexdigest()


def _example(renderer: Renderer, key: Key, row: ContentRow, origin: str) -> Example:
    message = renderer.render(row)
    facts = [("Template version", message.template_version)]
    if isinstance(message, RenderedEmail):
        facts = [
            ("Preheader", message.preheader),
            ("Size", f"{len(message.html.encode()) / 1000:.1f} KB of HTML, at most 90"),
            *facts,
        ]
    else:
        facts = [("Segments", f"{message.segments} ({message.encoding}, {len(message.text)} characters)"), *facts]
    return Example(key, origin, message, tuple(facts), tuple(findings(renderer, row, message)))


def _by_language(examples: Iterable[Example]) -> list[list[Example]]:
    """Messages that differ in nothing but their language, together."""
    kinds: dict[tuple[str, ...], list[Example]] = {}
    for example in examples:
        kinds.setdefault(example.key[:-1], []).append(example)
    return list(kinds.values())


def _write(previews: Previews, run_date: date, templates: Templates) -> None:
    folder = previews.index.parent
    building = folder.with_name(f".{folder.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    kinds = _by_language(previews.examples)
    for example, same in ((example, kind) for kind in kinds for example in kind):
        (building / example.page).write_text(message_page(example, same), encoding="utf-8")
        if isinstance(example.message, RenderedEmail):
            mail = with_drawn_pictures(example.message.html)
            (building / example.mail).write_text(mail, encoding="utf-8")
            (building / example.mail_dark).write_text(as_dark(mail), encoding="utf-8")
    journeys = [
        {
            "key": key,
            "title": spec.name,
            "description": spec.description.strip(),
            "kinds": _by_language(example for example in previews.examples if example.journey == key),
        }
        for key, spec in sorted(templates.journeys.items(), key=lambda item: (item[1].priority, item[0]))
    ]
    page = index_page(
        run_date=run_date.isoformat(),
        n_real=previews.n_real,
        n_sample=len(previews.examples) - previews.n_real,
        problems=previews.problems.most_common(5),
        journeys=journeys,
    )
    (building / "index.html").write_text(page, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    building.replace(folder)
