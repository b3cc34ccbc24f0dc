"""One message as the warehouse hands it over: the row of `int_messages__content`, typed and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from operator import itemgetter
from typing import Any

import orjson


class RenderError(Exception):
    """This message cannot be rendered; the others can. `reason` never holds personal data."""

    def __init__(self, message_id: str, reason: str) -> None:
        super().__init__(f"message {message_id}: {reason}")
        self.message_id = message_id
        self.reason = reason


@dataclass(frozen=True)
class ContentRow:
    """Everything that is known about one message that was decided as `send`."""

    run_date: date
    message_id: str
    customer_id: str
    journey: str
    step: str
    channel: str
    message_class: str
    anchor: str
    priority: int
    experiment: str | None
    variant: str | None
    branch: str
    language: str | None
    country: str | None
    timezone: str | None
    address: str
    send_at: datetime
    expires_at: datetime
    permission_basis: str
    permission_id: str | None
    policy_version: str
    content: dict[str, Any]

    @classmethod
    def from_mapping(cls, row: Mapping[str, Any]) -> ContentRow:
        """From a row of the model. Raises `RenderError` when its content cannot be read."""
        content = row.get("content")
        if isinstance(content, str | bytes):
            try:
                content = orjson.loads(content)
            except ValueError:
                content = None
        if not isinstance(content, dict) or not isinstance(content.get("customer"), dict):
            raise RenderError(str(row.get("message_id")), "the content of the row cannot be read")
        made = object.__new__(cls)
        # Around the frozen class's own __init__, which sets 22 fields one call at a time.
        made.__dict__.update(zip(_NAMES, _values(row), strict=True))
        made.__dict__["content"] = content
        made.__dict__["branch"] = row.get("branch") or "default"
        return made


# SQL's column `class` is a word that Python keeps for itself.
_NAMES = tuple(field.name for field in fields(ContentRow))
_COLUMNS = tuple("class" if name == "message_class" else name for name in _NAMES)
_of_row = itemgetter(*_COLUMNS)


def _values(row: Mapping[str, Any]) -> tuple[Any, ...]:
    try:
        return _of_row(row)  # the warehouse's own rows have every column
    except KeyError:
        return tuple(map(row.get, _COLUMNS))
