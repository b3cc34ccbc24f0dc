"""Compiles a step's templates once per language and variant: texts folded in, MJML turned to HTML, CSS inlined.

What comes out holds only plain Jinja tags over flat fields, so any Jinja engine can fill it in. A gate proves that
no tag was lost, doubled or moved out of the document on the way.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import css_inline
import jinja2
from jinja2.sandbox import SandboxedEnvironment
from mjml import mjml2html

from assets.messaging.journey_schema import Journey
from assets.messaging.policy_schema import Brand
from assets.messaging.texts import RUNTIME_TAG, Texts, upper_text

# Invisible characters after the preheader keep the mail's first words out of the inbox preview.
_FILLER = "&#8199;&#847;" * 30
_SENTINEL = re.compile(r"zq(\d+)qz")
_STYLE_PLACE = re.compile(r"<!--style(\d+)-->")
_MARKUP = re.compile(r"<!--.*?-->|<style\b.*?</style>|<[^>]*>", re.DOTALL)


class CompileError(Exception):
    """A template that cannot become a message. `file` and `line` say where, as far as is known."""

    def __init__(self, file: str, line: int, problem: str, remedy: str) -> None:
        super().__init__(f"{file}:{line}: {problem}. {remedy}")
        self.file, self.line, self.problem, self.remedy = file, line, problem, remedy


@dataclass(frozen=True)
class TemplateArtifact:
    """A step's message, compiled for one channel, language and variant; only merge fields are left to fill in.

    `html` must be rendered with autoescape, the others without. `version` changes with any byte of the four.
    """

    journey: str
    step: str
    channel: str
    language: str
    variant: str
    subject: str
    preheader: str
    html: str
    text: str
    version: str


class _Loader(jinja2.FileSystemLoader):
    """Only real files below the template root: a symbolic link could lead to anything on the machine."""

    def get_source(self, environment: jinja2.Environment, template: str) -> Any:
        path = Path(self.searchpath[0])
        for part in template.split("/"):
            path = path / part
            if path.is_symlink():
                raise jinja2.TemplateNotFound(template)
        return super().get_source(environment, template)


class Compiler:
    """Turns the files of one template root into artifacts."""

    def __init__(self, root: Path, brand: Brand) -> None:
        self.root = root
        self.brand = brand
        self._environment = SandboxedEnvironment(
            loader=_Loader(str(root)),
            block_start_string="[%", block_end_string="%]",
            variable_start_string="[[", variable_end_string="]]",
            comment_start_string="[#", comment_end_string="#]",
            undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
            autoescape=False,
        )  # fmt: skip
        self._environment.filters["upper_text"] = upper_text

    def compile(
        self, journey: str, spec: Journey, step: str, channel: str, variant: str, texts: Texts
    ) -> TemplateArtifact:
        """One artifact. Raises `CompileError`, or `MissingText` for a text that the language lacks."""
        folder = f"journeys/{journey}"
        constants = {"brand_name": self.brand.name}
        plain = texts.resolver(variant, constants, escape=False)
        look = self.brand.look_of(spec.trigger.kind)
        values: dict[str, Any] = {
            "language": texts.language, "variant": variant, "journey": journey, "step": step,
            "message_class": spec.message_class, "brand": self.brand, "preheader_filler": _FILLER,
            "look": look, "c": look.light.over(self.brand.colors.light), "d": look.dark.over(self.brand.colors.dark),
        }  # fmt: skip
        if channel == "sms":
            subject = preheader = html = ""
            text = trimmed(self._build(f"{folder}/{step}.sms.j2", values | {"t": plain}))
        else:
            escaped = values | {"t": texts.resolver(variant, constants, escape=True)}
            subject, preheader = str(plain("subject")), str(plain("preheader"))
            html = self._to_html(f"{folder}/{step}.mjml.j2", escaped)
            text = trimmed(self._build(f"{folder}/{step}.txt.j2", values | {"t": plain}))
        version = hashlib.sha256("\x1f".join((channel, subject, preheader, html, text)).encode()).hexdigest()[:16]
        return TemplateArtifact(
            journey, step, channel, texts.language, variant, subject, preheader, html, text, version
        )

    def _build(self, name: str, values: dict[str, Any]) -> str:
        try:
            return self._environment.get_template(name).render(values)
        except jinja2.TemplateNotFound as error:
            raise CompileError(
                name, 1, f"{error.name} does not exist", "Check the path after extends or include."
            ) from error
        except jinja2.TemplateSyntaxError as error:
            raise CompileError(
                error.name or name, error.lineno, error.message or "syntax error", "Check the tags here."
            ) from error
        except jinja2.UndefinedError as error:
            raise CompileError(
                name, 1, str(error.message), "[[ ]] knows t(), brand, look, c, d, language, variant and step."
            ) from error

    def _to_html(self, name: str, values: dict[str, Any]) -> str:
        source = self._build(name, values)
        tags = RUNTIME_TAG.findall(source)
        counter = iter(range(len(tags)))
        guarded = RUNTIME_TAG.sub(lambda _: f"zq{next(counter)}qz", source)
        try:
            # Without its own fonts, which it would have every reader fetch from Google for a mere word in font-family.
            html = mjml2html(guarded, disable_comments=False, fonts={})
        except ValueError as error:
            raise CompileError(
                name, 1, f"MJML: {error}", "Check that every mj- element is closed and known."
            ) from error
        # MJML drops the role of its own mj-table; every table of a mail is there for its layout.
        html = re.sub(r"<table\b(?![^>]*\brole=)", '<table role="presentation"', html)
        html = self._inline(html, self._build("layouts/inline.css", values))
        html = _SENTINEL.sub(
            lambda match: tags[int(match.group(1))], html.replace("<!--zq", "zq").replace("qz-->", "qz")
        )
        check_tags_survived(name, source, html)
        check_loops_are_whole(name, html)
        return _squeezed(html)

    def _inline(self, html: str, css: str) -> str:
        # Media queries and other rules for the client must stay as they are, so style blocks step aside meanwhile.
        # A tag between table rows would be moved out of the table by any HTML parser; a comment stays where it is.
        styles: list[str] = []
        parts, at = [], 0
        for match in _MARKUP.finditer(html):
            parts.append(_SENTINEL.sub(r"<!--\g<0>-->", html[at : match.start()]))
            if match.group().startswith("<style"):
                parts.append(f"<!--style{len(styles)}-->")
                styles.append(match.group())
            else:
                parts.append(match.group())
            at = match.end()
        parts.append(_SENTINEL.sub(r"<!--\g<0>-->", html[at:]))
        inlined = css_inline.CSSInliner(load_remote_stylesheets=False, extra_css=css).inline("".join(parts))
        return _STYLE_PLACE.sub(lambda match: styles[int(match.group(1))], inlined)


def check_tags_survived(name: str, before: str, after: str) -> None:
    """Every Jinja tag of the source stands in the result exactly as often, and statements in the same order.

    Attributes of one element may change places, so for output tags the count must do.
    """
    wanted, found = RUNTIME_TAG.findall(before), RUNTIME_TAG.findall(after)
    statements = [[tag for tag in tags if tag.startswith("{%")] for tags in (wanted, found)]
    if Counter(wanted) == Counter(found) and statements[0] == statements[1]:
        return
    lost = [tag for tag, n in (Counter(wanted) - Counter(found)).items() for _ in range(n)]
    doubled = [tag for tag, n in (Counter(found) - Counter(wanted)).items() for _ in range(n)]
    detail = "; ".join(
        f"{label}: {', '.join(sorted(set(tags)))[:200]}"
        for label, tags in (("lost", lost), ("doubled", doubled))
        if tags
    )
    raise CompileError(
        name, 1, f"turning MJML into HTML changed the template tags ({detail or 'their order'})",
        "Put tags between elements into <mj-raw>, and each tag where HTML allows text.",
    )  # fmt: skip


def check_loops_are_whole(name: str, html: str) -> None:
    """What a loop repeats closes everything that it opens; else the second row breaks the first one's table."""
    starts: list[int] = []
    for tag in re.finditer(r"\{%-?\s*(for|endfor)\b.*?%\}", html):
        if tag.group(1) == "for":
            starts.append(tag.end())
            continue
        body = html[starts.pop() : tag.start()]
        for element in ("table", "tbody", "tr", "td", "div", "p", "a"):
            opened, closed = (len(re.findall(rf"<{slash}{element}[\s>]", body)) for slash in ("", "/"))
            if opened != closed:
                raise CompileError(
                    name, 1, f"a loop opens <{element}> {opened} times and closes it {closed} times",
                    "Close it inside the loop; in a table, write <tbody> around the loop yourself.",
                )  # fmt: skip


def trimmed(source: str) -> str:
    """The effect of Jinja's trim_blocks and lstrip_blocks, written into the text itself.

    A provider's engine may have other settings; after this it does not matter.
    """
    source = re.sub(r"(?m)^[ \t]+(?=\{[%#])", "", source)
    return re.sub(r"(\{%.*?%\}|\{#.*?#\})\n", r"\1", source).strip() + "\n"


def _squeezed(html: str) -> str:
    """Without the indentation of the sources: it is a fifth of the bytes and nobody sees it."""
    return re.sub(r"\n\s*", "\n", html)
