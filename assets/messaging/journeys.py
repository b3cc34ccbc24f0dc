"""Journeys as folders: reads and validates the whole template root, and lands it for SQL.

Holds the rules between files. The schema of one file belongs to `journey_schema` and `policy_schema`, what is
inside the message templates to `template_checks`, the tables to `template_tables`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from assets.landing.storage import write_table
from assets.messaging.journey_checks import (
    check_priorities,
    check_product_groups,
    check_sending_hours,
    check_volume_exceptions,
)
from assets.messaging.journey_schema import Journey
from assets.messaging.policy_schema import Brand, Policy
from assets.messaging.replaced_templates import landed_table, set_replaced_aside
from assets.messaging.template_checks import check_templates
from assets.messaging.template_files import Mistake, Notes, TemplateErrors, line_of, near, parse, read_yaml
from assets.messaging.template_tables import template_rows, to_table
from assets.messaging.yaml_types import is_identifier
from orchestration.settings import Settings

# Notes and editors' leavings change nothing that a customer gets.
_VERSIONED = (".yml", ".j2", ".css")
SUFFIXES = {"email": (".mjml.j2", ".txt.j2"), "sms": (".sms.j2",)}


@dataclass(frozen=True)
class Templates:
    """A validated template root. `version` changes with any byte that could change a message."""

    root: Path
    journeys: dict[str, Journey]
    policy: Policy
    brand: Brand
    version: str
    warnings: tuple[Mistake, ...] = ()


@dataclass(frozen=True)
class LandedTemplates:
    """What one run wrote: where, under which version, and how many rows per table."""

    version: str
    n_rows: dict[str, int]
    templates: Templates


def load_templates(templates_dir: Path, *, check_texts: bool = True, known_groups: Collection[str] = ()) -> Templates:
    """The whole template root, validated. Raises `TemplateErrors` that lists every mistake of every file.

    `check_texts=False` leaves out compiling and rendering the message templates; only for callers that have
    just been through the full check and need the settings alone.
    """
    root = templates_dir.resolve()
    notes = Notes()
    _reject_symlinks(root, notes)
    policy_document = read_yaml(root, root / "policy.yml", notes)
    brand_document = read_yaml(root, root / "brand.yml", notes)
    policy = parse(Policy, policy_document, "policy.yml", notes) if policy_document is not None else None
    brand = parse(Brand, brand_document, "brand.yml", notes) if brand_document is not None else None

    folders = sorted(path for path in (root / "journeys").glob("*") if path.is_dir())
    if not folders:
        notes.mistake("journeys", 1, "there is no journey", "Create journeys/<journey>/journey.yml.")
    documents: dict[str, CommentedMap] = {}
    journeys: dict[str, Journey] = {}
    for folder in folders:
        if not is_identifier(folder.name):
            notes.mistake(
                f"journeys/{folder.name}",
                1,
                f"`{folder.name}` is no name for a journey",
                "Rename the folder: 2 to 50 lower-case letters, digits and underscores, starting with a letter. It is "
                "the journey's name in every table and file.",
            )
            continue
        document = read_yaml(root, folder / "journey.yml", notes)
        if document is None:
            continue
        documents[folder.name] = document
        journey = parse(Journey, document, f"journeys/{folder.name}/journey.yml", notes)
        if journey is not None:
            journeys[folder.name] = journey
            _check_journey(folder, journey, document, notes)
    _check_between(journeys, documents, notes)
    if policy is not None:
        for key, journey in journeys.items():
            check_sending_hours(key, journey, policy, documents[key], notes)
        check_volume_exceptions(policy, policy_document, documents, notes)
    if known_groups:
        check_product_groups(journeys, documents, known_groups, notes)

    if policy is not None and brand is not None:
        templates = Templates(root, journeys, policy, brand, policy_version(root))
        if check_texts:
            check_templates(templates, notes)
        if not notes.mistakes:
            return Templates(root, journeys, policy, brand, templates.version, tuple(sorted(set(notes.warnings))))
    raise TemplateErrors(notes.mistakes)


def policy_version(root: Path) -> str:
    """First 16 hex digits of sha256 over every journey, policy and template file: path, size and bytes, by path."""
    digest = hashlib.sha256()
    for path in sorted(root.rglob("*"), key=lambda p: p.relative_to(root).as_posix()):
        if path.is_file() and path.suffix in _VERSIONED:
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


@lru_cache(maxsize=2)
def _checked(root: Path, version: str) -> Templates:
    """The templates in one state of their folder: filling in every sample again finds nothing new."""
    return load_templates(root)


def land_templates(settings: Settings, run_date: date) -> LandedTemplates:
    """Write the run's template tables. The same files and day give the same bytes."""
    templates = _checked(settings.templates_dir, policy_version(settings.templates_dir))
    set_replaced_aside(settings, run_date, templates.version)
    counts: dict[str, int] = {}
    for name, rows in template_rows(templates.journeys, templates.policy, run_date).items():
        target = landed_table(settings.raw_dir / "templates", name, run_date)
        write_table(target, to_table(name, rows, run_date, templates.version))
        counts[name] = len(rows)
    return LandedTemplates(templates.version, counts, templates)


def _check_journey(folder: Path, journey: Journey, document: CommentedMap, notes: Notes) -> None:
    file = f"journeys/{folder.name}/journey.yml"
    present = {path.name for path in folder.iterdir() if path.name.endswith(".j2")}
    wanted: set[str] = set()
    seen: set[str] = set()
    for index, step in enumerate(journey.steps):
        line = line_of(document, ["steps", index, "id"])
        if step.id in seen:
            notes.mistake(file, line, f"two steps are called `{step.id}`", "Give each step a name of its own.")
        seen.add(step.id)
        channels = [channel for channel, _ in step.channel_order()]
        if len(set(channels)) != len(channels):
            line_channels = line_of(document, ["steps", index, "channels"])
            notes.mistake(file, line_channels, f"step `{step.id}` names a channel twice", "Name each channel once.")
        for channel in dict.fromkeys(channels):
            for suffix in SUFFIXES[channel]:
                name = step.id + suffix
                wanted.add(name)
                if name not in present:
                    candidates = [other for other in present if other.endswith(suffix)]
                    hint = near(name, candidates) if candidates else ""
                    notes.mistake(
                        file,
                        line,
                        f"step `{step.id}` sends by {channel}, but {name} is missing",
                        f"Create journeys/{folder.name}/{name}, or take {channel} out. {hint}".strip(),
                    )
        recommendations = step.recommendations
        branch = recommendations.min_only_in_branch if recommendations else None
        if branch and branch not in journey.branches():
            notes.mistake(
                file,
                line_of(document, ["steps", index, "recommendations", "min_only_in_branch"]),
                f"this journey has no branch `{branch}`",
                near(branch, journey.branches()),
            )
        if journey.message_class == "service" and (recommendations or step.offer):
            notes.mistake(
                file,
                line,
                f"step `{step.id}` of a service journey recommends or offers",
                "A service message holds neither; take it out, or change the class.",
            )
    for name in sorted(present - wanted):
        notes.warning(
            f"journeys/{folder.name}/{name}",
            1,
            "no step uses this template",
            near(name, wanted) + " Otherwise delete it.",
        )


def _check_between(journeys: dict[str, Journey], documents: dict[str, CommentedMap], notes: Notes) -> None:
    check_priorities(journeys, documents, notes)
    by_experiment: dict[str, str] = {}
    for key, journey in sorted(journeys.items()):
        file = f"journeys/{key}/journey.yml"
        if journey.experiment:
            owner = by_experiment.setdefault(journey.experiment.id, key)
            if owner != key:
                notes.mistake(
                    file,
                    line_of(documents[key], ["experiment", "id"]),
                    f"experiment `{journey.experiment.id}` overlaps with the one of {owner}",
                    "Give it a name of its own: the name is the salt that draws the arms.",
                )


def _reject_symlinks(root: Path, notes: Notes) -> None:
    for path in root.rglob("*"):
        if path.is_symlink():
            notes.mistake(
                path.relative_to(root).as_posix(),
                1,
                "is a symbolic link",
                "Copy the file: a link could lead outside the reviewed templates.",
            )
