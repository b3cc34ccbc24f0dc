"""Reads YAML under `templates/` and turns everything that is wrong with it into mistakes with file, line and remedy.

Knows positions and wording; what is allowed is said by the schemas.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, order=True)
class Mistake:
    """One thing to repair: where it stands, what is wrong, and how it is put right."""

    file: str
    line: int
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.problem}. {self.remedy}"


class TemplateErrors(Exception):
    """Every mistake in every file under the template root, in file order."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        count = len(self.mistakes)
        super().__init__(
            f"{count} mistake{'s' if count != 1 else ''} in the templates:\n"
            + "\n".join(f"- {mistake}" for mistake in self.mistakes)
            + "\nRepair them and run the check again; nothing is landed, rendered or sent before."
        )


@dataclass
class Notes:
    """Collects mistakes (which stop everything) and warnings (which are shown) while files are read."""

    mistakes: list[Mistake] = field(default_factory=list)
    warnings: list[Mistake] = field(default_factory=list)

    def mistake(self, file: str, line: int, problem: str, remedy: str) -> None:
        self.mistakes.append(Mistake(file, line, problem, remedy))

    def warning(self, file: str, line: int, problem: str, remedy: str) -> None:
        self.warnings.append(Mistake(file, line, problem, remedy))


def near(name: str, known: Iterable[str]) -> str:
    """A "Did you mean …?" for a name that is close to a known one, else the list of what there is."""
    options = sorted(known)
    close = difflib.get_close_matches(name, options, n=1, cutoff=0.6)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Possible: {', '.join(options)}." if options else "There is none yet."


def read_yaml(root: Path, path: Path, notes: Notes) -> CommentedMap | None:
    """The file as a mapping that knows its positions, or None when it cannot be read (then noted)."""
    name = path.relative_to(root).as_posix()
    try:
        document = YAML(typ="rt").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        notes.mistake(name, 1, "the file is missing", "Create it; the other journeys show its form.")
    except UnicodeDecodeError:
        notes.mistake(name, 1, "the file is not UTF-8 text", "Save it as UTF-8.")
    except YAMLError as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = (error.problem if isinstance(error, MarkedYAMLError) else None) or "not valid YAML"
        line = mark.line + 1 if mark else 1
        notes.mistake(
            name, line, f"cannot be read as YAML: {problem}", "Check indentation, quotes and double keys here."
        )
    else:
        if isinstance(document, CommentedMap):
            return document
        notes.mistake(
            name, 1, "the file holds no settings", "Write `key: value` lines; the other files show their form."
        )
    return None


def parse(model: type[Model], document: CommentedMap, file: str, notes: Notes) -> Model | None:
    """The validated model, or None with every violation noted at its line."""
    try:
        return model.model_validate(_plain(document))
    except ValidationError as error:
        told: set[str] = set()
        for detail in sorted(error.errors(), key=lambda each: -len(each["loc"])):
            path = list(detail["loc"])
            # A setting with two forms fails both; only what is wrong deepest is told.
            where = ".".join(map(str, _written(path)))
            if any(str(part).startswith(("list[", "FirstElse")) for part in path) and any(
                each.startswith(where) for each in told
            ):
                continue
            told.add(where)
            problem, remedy = _wording(model, detail, document)
            notes.mistake(file, line_of(document, path), problem, remedy)
    return None


def line_of(document: CommentedMap, path: Sequence[str | int]) -> int:
    """The line (from 1) of the deepest part of `path` that stands in the document.

    Parts that are not in it (a missing key, the name of a union's member) are passed over.
    """
    node: Any = document
    line = 1
    for part in path:
        try:
            if isinstance(node, CommentedMap) and part in node:
                line = node.lc.key(part)[0] + 1
            elif isinstance(node, CommentedSeq) and isinstance(part, int) and part < len(node):
                line = node.lc.item(part)[0] + 1
            else:
                continue
            node = node[part]
        except (AttributeError, KeyError, TypeError):
            break
    return line


def _plain(node: Any) -> Any:
    """ruamel's position-keeping containers and scalars as the plain ones that strict validation asks for."""
    if isinstance(node, dict):
        return {str(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(value) for value in node]
    if isinstance(node, bool) or type(node).__name__ == "ScalarBoolean":
        return bool(node)
    for plain in (int, float, str):
        if isinstance(node, plain):
            return plain(node)
    return node


def _written(place: Sequence[str | int]) -> list[str | int]:
    """The place as it stands in the file: without the names of a union's members, which nobody wrote."""
    parts = [part for part in place if not str(part).startswith(("list[", "FirstElse"))]
    # `trigger.<kind>.setting` is written as a setting of `trigger`.
    return parts[:1] + parts[2:] if len(parts) > 2 and parts[0] == "trigger" else parts


def _wording(model: type[BaseModel], detail: ErrorDetails, document: CommentedMap) -> tuple[str, str]:
    where = ".".join(str(part) for part in _written(detail["loc"]))
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return f"unknown setting `{last}`", near(last, _field_names(model))
    if kind == "missing":
        return f"`{where}` is missing", "Add it; the other files show its form."
    if kind in ("literal_error", "union_tag_invalid"):
        expected = str(context.get("expected") or context.get("expected_tags", ""))
        options = [name.strip(" '") for name in expected.replace(" or ", ", ").split(",") if name.strip(" '")]
        shown = str(context.get("tag", detail["input"]))
        label = "unknown trigger" if kind == "union_tag_invalid" else f"unknown value for `{where}`:"
        return f"{label} `{shown}`", near(shown, options)
    if kind == "value_error":
        reason = str(context.get("error", detail["msg"]))
        shown = f"`{where}`" + (f": `{detail['input']}`" if isinstance(detail["input"], (str, int, float)) else "")
        return f"{shown} {reason}".strip("` ") if not where else f"{shown} {reason}", "Change it here."
    shown = f" (found: {str(detail['input'])[:60]})" if isinstance(detail["input"], (str, int, float)) else ""
    wanted = _WANTED[kind].format(**context) if kind in _WANTED else f"is not right: {detail['msg'].lower()}"
    return f"`{where}` {wanted}{shown}", _FORM.get(kind, _LOOK)


_LOOK = "The other files, and the tables in templates/README.md, show its form."
# pydantic's kinds of mistakes in words of the people who write the files.
_WANTED = {
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_type": "must be a text",
    "list_type": "must be a list",
    "dict_type": "must be settings of its own",
    "model_type": "must be settings of its own",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be {ge} or more",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be {le} or less",
    "too_short": "needs at least {min_length} entry",
    "string_too_short": "must be at least {min_length} characters long",
    "string_too_long": "must be at most {max_length} characters long",
}
_FORM = {
    "int_type": "Write the number alone, without unit and without quotes.",
    "int_parsing": "Write the number alone, without unit and without quotes.",
    "bool_type": "Write true or false, without quotes.",
    "bool_parsing": "Write true or false, without quotes.",
    "string_type": 'Put it between quotes, like "1".',
    "list_type": "Put it between brackets, like [one, another], also where it is only one.",
    "dict_type": "Write it as {name: value}, or as `name: value` lines below it.",
    "model_type": "Write it as {name: value}, or as `name: value` lines below it.",
}


def _field_names(model: type[BaseModel], seen: frozenset[type] = frozenset()) -> set[str]:
    """Every setting's name anywhere below `model`: enough to suggest the one that was meant."""
    names: set[str] = set()
    for name, info in model.model_fields.items():
        names.add(info.alias or name)
        for inner in _models_in(info.annotation):
            if inner not in seen:
                names |= _field_names(inner, seen | {model, inner})
    return names


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models_in(part)]
