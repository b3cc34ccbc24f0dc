"""Rows of the shipped journeys' sample content, changed where a test is about it, and their mails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from assets.messaging.content import ContentRow
from assets.messaging.journeys import Templates
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.template_samples import sample_row, sample_rows


def row_of(templates: Templates, journey: str, step: str, channel: str = "email", **content: Any) -> ContentRow:
    spec = templates.journeys[journey]
    return sample_row(journey, spec, spec.step(step), channel, spec.variants()[0], spec.branches()[-1], "nb", **content)


def mail(renderer: Renderer, row: ContentRow) -> RenderedEmail:
    message = renderer.render(row)
    assert isinstance(message, RenderedEmail)
    return message


def with_content(row: ContentRow, **changes: Any) -> ContentRow:
    return replace(row, content=row.content | changes)


def with_name(row: ContentRow, name: str | None) -> ContentRow:
    return with_content(row, customer=row.content["customer"] | {"first_name": name})


def every_mail(renderer: Renderer, templates: Templates) -> Iterator[tuple[ContentRow, RenderedEmail]]:
    for row in sample_rows(templates):
        if row.channel == "email":
            yield row, mail(renderer, row)
