"""The words of a journey in one language: a step's own texts first, then those that every message shares.

A text may differ by branch (settled for each customer) or by the experiment's arm (settled when compiled).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup
from ruamel.yaml.comments import CommentedMap

from assets.messaging.template_files import Notes, line_of, read_yaml

BRANCHES = ("with_accessory", "without_accessory", "default")
# What the customer's own data fills in later; everything else in a text is settled once.
RUNTIME_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class MissingText(LookupError):
    """A template asks for a text that the language does not have."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass
class Texts:
    """All texts that one step may use, and which of them it did."""

    language: str
    own: Mapping[str, Any]
    shared: Mapping[str, Any]
    used: set[str] = field(default_factory=set)

    def get(self, name: str) -> Any:
        """The raw text, list or choice. Raises `MissingText`."""
        if name in self.own:
            self.used.add(name)
            return self.own[name]
        if name in self.shared:
            return self.shared[name]
        raise MissingText(name)

    def resolver(self, variant: str, constants: Mapping[str, str], escape: bool) -> Callable[[str], Any]:
        """The function `t` of the templates: a text, settled for one variant, safe to stand in the template."""

        def settle(value: Any) -> Any:
            if isinstance(value, Mapping):
                if variant in value:
                    return settle(value[variant])
                if set(value) <= {*BRANCHES} and value:
                    return _by_branch({branch: settle(text) for branch, text in value.items()})
                return {key: settle(text) for key, text in value.items()}
            if isinstance(value, list):
                return [settle(item) for item in value]
            text = str(value).strip()
            for name, constant in constants.items():
                text = constant.join(re.split(r"\{\{\s*" + name + r"\s*\}\}", text))
            return escape_outside_tags(text) if escape else text

        return lambda name: settle(self.get(name))

    def plural(self, name: str) -> tuple[tuple[str, str], ...]:
        return tuple(sorted((str(k), str(v)) for k, v in self.shared["plurals"][name].items()))

    def format(self, name: str) -> str:
        return str(self.shared["formats"][name])


def escape_outside_tags(text: str) -> str:
    """`&` and `<` of a text as entities, leaving template tags alone; the tags' output is escaped when filled in."""
    parts, at = [], 0
    for match in RUNTIME_TAG.finditer(text):
        parts += [html.escape(text[at : match.start()], quote=True), match.group()]
        at = match.end()
    return Markup("".join([*parts, html.escape(text[at:], quote=True)]))


def upper_text(text: str) -> str:
    """Upper case for headings of the text part, leaving template tags alone."""
    parts, at = [], 0
    for match in RUNTIME_TAG.finditer(text):
        parts += [text[at : match.start()].upper(), match.group()]
        at = match.end()
    return "".join([*parts, text[at:].upper()])


def _by_branch(texts: Mapping[str, Any]) -> str:
    tests = [(name, text) for name, text in texts.items() if name != "default"]
    parts = [
        f'{{% {"if" if index == 0 else "elif"} branch == "{name}" %}}{text}' for index, (name, text) in enumerate(tests)
    ]
    if "default" in texts:
        parts.append(f"{{% else %}}{texts['default']}" if tests else str(texts["default"]))
    return "".join(parts) + ("{% endif %}" if tests else "")


@dataclass(frozen=True)
class TextFiles:
    """The text files of a template root, read once: documents keep their positions for messages about them."""

    shared: dict[str, CommentedMap]
    journeys: dict[tuple[str, str], CommentedMap]

    _used: dict[tuple[str, str, str], set[str]] = field(default_factory=dict)

    def for_step(self, journey: str, step: str, language: str) -> Texts:
        own = self.journeys[(journey, language)].get(step) or {}
        return Texts(language, own, self.shared[language], self._used.setdefault((journey, step, language), set()))

    def used_of(self, journey: str, step: str, language: str) -> set[str]:
        """The names of the step's own texts that templates have asked for so far."""
        return self._used.get((journey, step, language), set())


def read_text_files(
    root: Path, journeys: Mapping[str, Iterable[str]], languages: Iterable[str], notes: Notes
) -> TextFiles:
    """Every text file that the journeys (name → steps) need; what is missing or does not match is noted."""
    shared: dict[str, CommentedMap] = {}
    own: dict[tuple[str, str], CommentedMap] = {}
    languages = list(languages)
    for language in languages:
        document = read_yaml(root, root / "locales" / f"{language}.yml", notes)
        if document is not None:
            shared[language] = document
    for journey, steps in sorted(journeys.items()):
        wanted = list(steps)
        for language in languages:
            path = root / "journeys" / journey / f"texts.{language}.yml"
            name = path.relative_to(root).as_posix()
            if not path.is_file():
                notes.mistake(
                    name, 1, f"the texts in {language} are missing", "Create the file; translate another language's."
                )
                continue
            document = read_yaml(root, path, notes)
            if document is None:
                continue
            own[(journey, language)] = document
            for step in wanted:
                if step not in document:
                    notes.mistake(
                        name,
                        1,
                        f"step `{step}` has no texts",
                        f"Add a block `{step}:` with at least subject and preheader.",
                    )
            for step in document:
                if step not in wanted:
                    notes.warning(
                        name, line_of(document, [step]), f"no step is called `{step}`", f"Steps: {', '.join(wanted)}."
                    )
    return TextFiles(shared, own)
