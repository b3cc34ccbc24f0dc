"""The kinds of values that files under `templates/` are written in: durations, clocks, money, names.

Single values only; what a journey, a policy or a brand may say is put together from them elsewhere.
"""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: tuple[str, ...] = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

BUCKETS = 10_000
_UNITS = {"minute": 60, "m": 60, "hour": 3600, "h": 3600, "day": 86_400, "d": 86_400, "week": 604_800, "w": 604_800}
_DURATION = re.compile(r"^(\d+)\s*(minutes?|hours?|days?|weeks?|[mhdw])$")
_IDENTIFIER = re.compile(r"^[a-z][a-z0-9_]{1,49}$")


def parse_duration(value: object) -> int:
    """Seconds of "2 days", "14h", "90 minutes". Raises `ValueError` that says how to write it."""
    match = _DURATION.match(str(value).strip().lower())
    if match is None:
        raise ValueError('is not a duration; write a number and a unit, like "2 days", "14h" or "90 minutes"')
    amount, unit = match.groups()
    return int(amount) * _UNITS[unit if len(unit) == 1 else unit.rstrip("s")]


def _validity(value: object) -> int:
    return 0 if str(value).strip().lower() == "same day" else parse_duration(value)


def _clock(value: object) -> time:
    if isinstance(value, time):
        return value
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", str(value)):
        raise ValueError('is not a time of day; write it in quotes, like "09:00"')
    return time.fromisoformat(str(value))


def is_identifier(value: str) -> bool:
    """Whether a name may stand for a journey or step in tables and files."""
    return bool(_IDENTIFIER.match(value))


def _identifier(value: str) -> str:
    if not is_identifier(value):
        raise ValueError("must be 2 to 50 lower-case letters, digits and underscores, starting with a letter")
    return value


Seconds = Annotated[int, BeforeValidator(parse_duration)]
Validity = Annotated[int, BeforeValidator(_validity)]
LocalTime = Annotated[time, BeforeValidator(_clock)]
Identifier = Annotated[str, AfterValidator(_identifier)]
Percent = Annotated[float, Field(ge=0, le=100)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Groups = Annotated[list[Identifier], Field(min_length=1)]
HexColor = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
# Files speak of 100 or 99.50 in the retailer's currency; a float would lose øre, so they pass through text.
Money = Annotated[Decimal, BeforeValidator(lambda v: Decimal(str(v))), Field(ge=0, decimal_places=2)]


def minor(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


def buckets(percent: float) -> int:
    return round(percent * BUCKETS / 100)


class Strict(BaseModel):
    """Unknown keys are mistakes: a misspelt setting that is silently ignored would send the wrong thing."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)
