"""What a journey, policy or brand file may say: the closed schema of everything under `templates/`.

Shapes and single values only. Rules between files (priorities, missing templates, texts) belong to
`journeys` and `template_checks`; the tables that SQL reads belong to `template_tables`.
"""

from __future__ import annotations

import re
from datetime import time
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MessageClass = Literal["post_purchase", "lifecycle", "newsletter", "service"]
Channel = Literal["email", "sms"]
Branch = Literal["with_accessory", "without_accessory", "default"]
Condition = Literal[
    "no_order_since_anchor",
    "order_since_anchor",
    "cart_not_bought",
    "reference_product_in_stock",
    "is_member",
]
Goal = Literal["order_since_anchor", "cart_bought", "accessory_bought", "none"]
Slot = Literal["also_bought", "accessories"]
OfferKind = Literal["free_freight", "coupon", "gift", "first_purchase"]
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


def _identifier(value: str) -> str:
    if not _IDENTIFIER.match(value):
        raise ValueError("must be 2 to 50 lower-case letters, digits and underscores, starting with a letter")
    return value


Seconds = Annotated[int, BeforeValidator(parse_duration)]
Validity = Annotated[int, BeforeValidator(_validity)]
LocalTime = Annotated[time, BeforeValidator(_clock)]
Identifier = Annotated[str, AfterValidator(_identifier)]
Percent = Annotated[float, Field(ge=0, le=100)]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
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


class PurchaseInGroup(Strict):
    kind: Literal["purchase_in_group"]
    groups: Annotated[list[Identifier], Field(min_length=1)]
    accessory_split: bool = False


class Purchase(Strict):
    kind: Literal["purchase"]


class Joined(Strict):
    kind: Literal["joined"]


class CartAbandoned(Strict):
    kind: Literal["cart_abandoned"]
    idle_minutes: Annotated[int, Field(ge=1)]
    min_value: Money | None = None


class Broadcast(Strict):
    kind: Literal["broadcast"]
    weekday: Weekday
    at: LocalTime


Trigger = Annotated[PurchaseInGroup | Purchase | Joined | CartAbandoned | Broadcast, Field(discriminator="kind")]


class Audience(Strict):
    customer_type: Literal["b2c", "b2b", "any"] = "b2c"
    is_member: bool | None = None
    countries: list[Country] | None = None
    personas: list[str] | None = None
    stages: list[Literal["active", "lapsed", "inactive"]] | None = None


class Recommendations(Strict):
    slots: Annotated[list[Slot], Field(min_length=1)]
    min: Annotated[int, Field(ge=0, le=12)] = 0
    max: Annotated[int, Field(ge=1, le=12)] = 4
    min_only_in_branch: Branch | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Recommendations:
        if self.min > self.max:
            raise ValueError(f"min ({self.min}) is greater than max ({self.max})")
        return self


class Offer(Strict):
    kind: OfferKind
    value: Money | None = None
    code: Annotated[str, Field(pattern=r"^[A-Z0-9-]{3,20}$")] | None = None
    # Counted from the day of sending: an offer must not end before it is read.
    valid_days: Annotated[int, Field(ge=1, le=365)] = 7


class FirstElse(Strict):
    """The second channel is used only when the first does not pass its gates."""

    first: Channel
    otherwise: Annotated[Channel, Field(alias="else")]


class Step(Strict):
    id: Identifier
    delay: Seconds
    valid_for: Validity = 3 * 86_400
    send_after: LocalTime | None = None
    channels: Annotated[list[Channel], Field(min_length=1)] | FirstElse
    yields: bool = True
    conditions: list[Condition] = []
    recommendations: Recommendations | None = None
    offer: Offer | None = None

    def channel_order(self) -> list[tuple[Channel, bool]]:
        """(channel, is_fallback) in the order in which they are tried."""
        if isinstance(self.channels, FirstElse):
            return [(self.channels.first, False), (self.channels.otherwise, True)]
        return [(channel, False) for channel in self.channels]


class Experiment(Strict):
    """Arms by percent of customers, in file order; customers beyond the sum are outside the experiment."""

    id: Identifier
    arms: Annotated[dict[Identifier, Percent], Field(min_length=2)]

    def ranges(self) -> list[tuple[str, int, int]]:
        """(arm, bucket_from, bucket_to), half-open and free of overlap, of 10,000 buckets."""
        start, ranges = 0, []
        for arm, percent in self.arms.items():
            end = start + buckets(percent)
            ranges.append((arm, start, end))
            start = end
        return ranges

    @model_validator(mode="after")
    def _fits(self) -> Experiment:
        total = sum(self.arms.values())
        if total > 100.000001:
            raise ValueError(f"the weights of the arms overlap: they add up to {total:g} %, at most 100 is possible")
        return self


class Journey(Strict):
    name: str
    description: str
    message_class: Annotated[MessageClass, Field(alias="class")]
    priority: Annotated[int, Field(ge=1, le=1000)]
    trigger: Trigger
    audience: Audience = Audience()
    paused: bool = False
    holdout_percent: Percent = 0
    goal: Goal = "none"
    entry_gap_days: Annotated[int, Field(ge=1)] | None = None
    min_expected_value: Money | None = None
    handoff: Literal["merge_fields", "mime"] = "merge_fields"
    experiment: Experiment | None = None
    steps: Annotated[list[Step], Field(min_length=1)]

    def variants(self) -> tuple[str, ...]:
        """The experiment's arms, or the one way there is."""
        return tuple(self.experiment.arms) if self.experiment else ("default",)

    def branches(self) -> tuple[str, ...]:
        split = isinstance(self.trigger, PurchaseInGroup) and self.trigger.accessory_split
        return ("with_accessory", "without_accessory") if split else ("default",)

    def step(self, step_id: str) -> Step:
        return next(step for step in self.steps if step.id == step_id)
