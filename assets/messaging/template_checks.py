"""Looks inside the message templates before any message is rendered: texts, syntax, fields, links, size, contrast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assets.messaging.template_files import Notes

if TYPE_CHECKING:
    from assets.messaging.journeys import Templates


def check_templates(templates: Templates, notes: Notes) -> None:
    """Note everything that is wrong inside the message templates of every journey."""
    for key in sorted(templates.journeys):
        for language in templates.brand.languages:
            name = f"journeys/{key}/texts.{language}.yml"
            if not (templates.root / name).is_file():
                notes.mistake(name, 1, "the texts are missing", "Create the file; copy the other language's.")
