"""Looks inside the message templates before any message is rendered: texts, syntax, fields, links, size, contrast.

Every step is compiled for every channel, variant and language and filled in with samples, so that a mistake is
found when it is made. What one file alone may say is the schemas' part.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import jinja2
from ruamel.yaml.comments import CommentedMap

from assets.messaging.content import ContentRow, RenderError
from assets.messaging.mail_checks import Finding, mail_findings, sms_findings
from assets.messaging.messages import RenderedEmail, RenderedSms
from assets.messaging.policy_schema import Brand, Palette
from assets.messaging.render import TEXT, Renderer
from assets.messaging.template_compile import CompileError
from assets.messaging.template_files import Notes, line_of, near, read_yaml
from assets.messaging.template_samples import Shop, sample_content, sample_row
from assets.messaging.texts import RUNTIME_TAG, MissingText, TextFiles, read_text_files
from assets.messaging.triggers import Trigger
from orchestration.settings import Settings

if TYPE_CHECKING:
    from assets.messaging.journeys import Templates

_MIN_CONTRAST = 4.5
_PAIRS = (
    ("text", "card"), ("muted", "card"), ("muted", "page"), ("heading", "card"), ("heading", "page"),
    ("accent", "card"), ("accent", "panel"), ("on_accent", "accent"), ("on_hero", "hero"), ("hero_muted", "hero"),
    ("sale", "card"), ("on_offer", "offer"),
)  # fmt: skip
_UNDEFINED = re.compile(r"'(\w+)' is undefined|has no attribute '(\w+)'")


def check_templates(templates: Templates, notes: Notes) -> None:
    """Note everything that is wrong inside the message templates of every journey."""
    _check_contrast(templates.root, templates.brand, notes)
    steps = {key: [step.id for step in journey.steps] for key, journey in templates.journeys.items()}
    already = len(notes.mistakes)
    texts = read_text_files(templates.root, steps, templates.brand.languages, notes)
    if len(notes.mistakes) > already:
        return
    renderer = Renderer(Settings(secret_key="samples only, signs nothing real"), templates, texts=texts)
    for key, journey in sorted(templates.journeys.items()):
        for step in journey.steps:
            for channel, _ in step.channel_order():
                for language in templates.brand.languages:
                    for variant in journey.variants():
                        row = sample_row(key, journey, step, channel, variant, journey.branches()[0], language)
                        if _compiles(renderer, row, texts, notes):
                            for sample in _hard_cases(templates, row):
                                if not _renders(renderer, sample, notes):
                                    break
            _warn_of_unused(texts, key, step.id, templates.brand.languages, notes)


def contrast(one: str, other: str) -> float:
    """The ratio of WCAG 2: from 1 (the same) to 21 (black on white)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _check_contrast(root: Path, brand: Brand, notes: Notes) -> None:
    document = read_yaml(root, root / "brand.yml", notes)
    if document is None:
        return
    triggers = get_args(get_args(Trigger)[0])
    kinds = {kind for trigger in triggers for kind in get_args(trigger.model_fields["kind"].annotation)}
    for name, look in brand.looks.items():
        for kind in look.triggers:
            if kind not in kinds:
                line = line_of(document, ["looks", name, "triggers"])
                notes.mistake("brand.yml", line, f"no trigger is of the kind `{kind}`", near(kind, kinds))
    for scheme in ("light", "dark"):
        base = getattr(brand.colors, scheme)
        _check_palette(base, base, document, ["colors", scheme], scheme, notes)
        for name, look in brand.looks.items():
            palette = getattr(look, scheme).over(base)
            _check_palette(palette, base, document, ["looks", name, scheme], f"{scheme} `{name}`", notes)


def _check_palette(
    palette: Palette, base: Palette, document: CommentedMap, path: list[str | int], title: str, notes: Notes
) -> None:
    for front, back in _PAIRS:
        colors = (getattr(palette, front), getattr(palette, back))
        # What a look takes over unchanged has been judged with the palette itself.
        if palette is not base and colors == (getattr(base, front), getattr(base, back)):
            continue
        if (ratio := contrast(*colors)) < _MIN_CONTRAST:
            notes.mistake(
                "brand.yml", line_of(document, [*path, front]),
                f"`{front}` on `{back}` has a contrast of {ratio:.1f} : 1 in the {title} colours",
                f"Choose colours that differ more; {_MIN_CONTRAST} : 1 is needed to be read by everyone.",
            )  # fmt: skip


def _compiles(renderer: Renderer, row: ContentRow, texts: TextFiles, notes: Notes) -> bool:
    folder = f"journeys/{row.journey}"
    try:
        renderer.artifact_for(row)
    except MissingText as error:
        document = texts.journeys[(row.journey, str(row.language))]
        known = {*document[row.step], *texts.shared[str(row.language)]}
        notes.mistake(
            f"{folder}/texts.{row.language}.yml", line_of(document, [row.step]),
            f"the text `{error.name}` of step `{row.step}` is missing", near(error.name, known),
        )  # fmt: skip
    except CompileError as error:
        notes.mistake(error.file, error.line, error.problem, error.remedy)
    except jinja2.TemplateSyntaxError as error:
        file, line = _broken_tag(renderer.templates.root, row)
        notes.mistake(
            file,
            line,
            f"a tag cannot be read: {error.message}",
            "Check {{ }} and {% %} here; each if and for needs its end.",
        )
    else:
        return True
    return False


def _hard_cases(templates: Templates, row: ContentRow) -> Iterator[ContentRow]:
    """The samples that must all work: each branch; one line, three, and more than are shown; no name; no products."""
    journey, shop = templates.journeys[row.journey], Shop.of(templates.brand)
    step = journey.step(row.step)
    for branch in journey.branches():
        for n_lines, n_products, name in ((1, 1, None), (13, 8, "Ingrid"), (3, 0, "Åse-Marie")):
            content = sample_content(journey, step, n_lines=n_lines, n_products=n_products, first_name=name, shop=shop)
            yield replace(row, branch=branch, content=content)


def _renders(renderer: Renderer, row: ContentRow, notes: Notes) -> bool:
    folder = f"journeys/{row.journey}"
    template = f"{folder}/{row.step}.{'mjml' if row.channel == 'email' else 'sms'}.j2"
    try:
        message = renderer.render(row)
    except RenderError as error:
        match = _UNDEFINED.search(error.reason)
        name = next((group for group in match.groups() if group), "") if match else ""
        file, line = _where(renderer.templates.root, row, name) if name else (template, 1)
        known = renderer.field_names(row) if name else frozenset()
        notes.mistake(file, line, error.reason, near(name, known) if name else "Change the template or its texts.")
        return False
    is_whole = True
    for finding in findings(renderer, row, message):
        file, line = _place(renderer.templates.root, row, finding.found) or (template, 1)
        note = notes.mistake if finding.is_mistake else notes.warning
        note(file, line, finding.problem, finding.remedy)
        is_whole = is_whole and not finding.is_mistake
    return is_whole


def findings(renderer: Renderer, row: ContentRow, message: RenderedEmail | RenderedSms) -> Iterator[Finding]:
    """What the checks say of one finished message."""
    if isinstance(message, RenderedSms):
        return sms_findings(message, row.message_class)
    n_items = sum(len(value) for value in message.fields.values() if isinstance(value, list))
    return mail_findings(message, renderer.templates.brand, renderer.hosts, n_items)


def _place(root: Path, row: ContentRow, found: str) -> tuple[str, int] | None:
    """File and line of the first source that holds this text."""
    for path in _sources(root, row) if found else ():
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        if found in source:
            return path.relative_to(root).as_posix(), source.count("\n", 0, source.index(found)) + 1
    return None


def _warn_of_unused(texts: TextFiles, journey: str, step: str, languages: list[str], notes: Notes) -> None:
    for language in languages:
        unused = set(texts.for_step(journey, step, language).own) - texts.used_of(journey, step, language)
        document = texts.journeys[(journey, language)]
        for name in sorted(unused):
            notes.warning(
                f"journeys/{journey}/texts.{language}.yml", line_of(document, [step, name]),
                f"no template uses the text `{name}`", "Delete it, or write [[ t(\"…\") ]] where it belongs.",
            )  # fmt: skip


def _sources(root: Path, row: ContentRow) -> Iterator[Path]:
    """The files that a step's message is made of, most particular first."""
    folder = root / "journeys" / row.journey
    yield folder / f"texts.{row.language}.yml"
    suffixes = (".mjml.j2", ".txt.j2") if row.channel == "email" else (".sms.j2",)
    yield from (folder / f"{row.step}{suffix}" for suffix in suffixes)
    yield root / "locales" / f"{row.language}.yml"
    yield from sorted((root / "partials").glob("*.j2"))
    yield from sorted((root / "layouts").glob("*.j2"))


def _where(root: Path, row: ContentRow, name: str) -> tuple[str, int]:
    """File and line of the first tag that uses a field of this name."""
    for path in _sources(root, row):
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        for match in RUNTIME_TAG.finditer(source):
            if re.search(rf"\b{re.escape(name)}\b", match.group()):
                return path.relative_to(root).as_posix(), source.count("\n", 0, match.start()) + 1
    return f"journeys/{row.journey}/journey.yml", 1


def _broken_tag(root: Path, row: ContentRow) -> tuple[str, int]:
    """File and line of the first tag that Jinja cannot read by itself, else the step's own template."""
    for path in _sources(root, row):
        source = path.read_text(encoding="utf-8") if path.is_file() else ""
        # What is settled when compiling stands for a name here.
        source = re.sub(r"\[\[.*?\]\]", lambda m: "x" * len(m.group()), source)
        for match in RUNTIME_TAG.finditer(source):
            try:
                TEXT.parse(match.group() + _closing(match.group()))
            except jinja2.TemplateSyntaxError as error:
                if "nknown tag" in str(error.message) and re.match(r"\{%-?\s*(end\w+|el\w+)", match.group()):
                    continue
                return path.relative_to(root).as_posix(), source.count("\n", 0, match.start()) + 1
    suffix = "mjml" if row.channel == "email" else "sms"
    return f"journeys/{row.journey}/{row.step}.{suffix}.j2", 1


def _closing(tag: str) -> str:
    match = re.match(r"\{%-?\s*(if|for)\b", tag)
    return f"{{% end{match.group(1)} %}}" if match else ""
