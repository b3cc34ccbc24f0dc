"""The trigger that nobody sets off: one message to everyone of an audience, on a weekday or on single days."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from assets.messaging.triggers.kind import TriggerKind
from assets.messaging.yaml_types import WEEKDAYS, LocalTime, Weekday


class Broadcast(TriggerKind):
    """One message to everyone of the audience: every week on `weekday`, or on single days (`on`)."""

    kind: Literal["broadcast"]
    weekday: Weekday | None = None
    on: Annotated[list[Annotated[date, Field(strict=False)]], Field(min_length=1)] | None = None
    at: LocalTime
    has_fixed_clock = True

    @model_validator(mode="after")
    def _says_when(self) -> Broadcast:
        if (self.weekday is None) == (self.on is None):
            raise ValueError("a broadcast needs either `weekday` or `on`, a list of days")
        return self

    def params(self) -> dict[str, Any]:
        at = {"at": self.at.strftime("%H:%M")}
        if self.weekday:
            return at | {"weekday": WEEKDAYS.index(self.weekday) + 1}
        return at | {"on": [day.isoformat() for day in self.on or []]}
