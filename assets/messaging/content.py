"""One message as the warehouse hands it over: the row of `int_messages__content`, typed and frozen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any


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
    # SQL's column `class`, which Python keeps for itself.
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
        values: dict[str, Any] = {
            f.name: row.get("class" if f.name == "message_class" else f.name) for f in fields(cls)
        }
        content = values["content"]
        if isinstance(content, str | bytes):
            try:
                content = json.loads(content)
            except ValueError:
                content = None
        if not isinstance(content, dict) or not isinstance(content.get("customer"), dict):
            raise RenderError(str(values["message_id"]), "the content of the row cannot be read")
        values["content"] = content
        values["branch"] = values["branch"] or "default"
        return cls(**values)
