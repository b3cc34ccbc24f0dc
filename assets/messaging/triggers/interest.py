"""Triggers that interest sets off: visits, carts, changes to products looked at, one deed after another.

Decided in SQL (`models/marts/triggers`); here stands only what a `journey.yml` may say about them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from assets.messaging.triggers.kind import WEB_DAYS, Days, TriggerKind
from assets.messaging.yaml_types import Groups, Money, Strict, minor


class BrowseAbandoned(TriggerKind):
    kind: Literal["browse_abandoned"]
    idle_minutes: Annotated[int, Field(ge=1)] = 60
    min_views: Annotated[int, Field(ge=1)] = 1
    groups: Groups | None = None
    gives = frozenset({"product"})

    def memory_days(self) -> int | None:
        return WEB_DAYS


class IntentWinBack(TriggerKind):
    """A visit with product views; with an audience of lapsed or inactive customers it is fresh intent."""

    kind: Literal["intent_win_back"]
    idle_minutes: Annotated[int, Field(ge=1)] = 60
    min_views: Annotated[int, Field(ge=1)] = 2
    gives = frozenset({"product"})

    def memory_days(self) -> int | None:
        return WEB_DAYS


class CartAbandoned(TriggerKind):
    kind: Literal["cart_abandoned"]
    idle_minutes: Annotated[int, Field(ge=1)]
    min_value: Money | None = None
    gives = frozenset({"cart", "product"})

    def params(self) -> dict[str, Any]:
        params: dict[str, Any] = {"idle_minutes": self.idle_minutes}
        return params if self.min_value is None else params | {"min_value_minor": minor(self.min_value)}


class _OfInterest(TriggerKind):
    """A change to a product that the customer looked at for five seconds or put into a cart not long before."""

    interest_days: Annotated[int, Field(ge=1, le=60)] = 30
    groups: Groups | None = None
    gives = frozenset({"product"})

    def memory_days(self) -> int | None:
        return WEB_DAYS - self.interest_days


class BackInStock(_OfInterest):
    kind: Literal["back_in_stock"]
    min_stock: Annotated[int, Field(ge=1)] = 1


class PriceDrop(_OfInterest):
    kind: Literal["price_drop"]
    min_percent: Annotated[int, Field(ge=1, le=95)] = 10


class LowStock(_OfInterest):
    kind: Literal["low_stock"]
    at_most: Annotated[int, Field(ge=1)] = 5


class Deed(Strict):
    """Something that a customer did, with a product of `groups` (none: of any)."""

    did: Literal["purchase", "view", "cart"]
    groups: Groups | None = None


class FirstDeed(Deed):
    """Between two days, or in the last days before the second deed. Views and carts are known for 60 days."""

    since: Annotated[date, Field(strict=False)] | None = None
    until: Annotated[date, Field(strict=False)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> FirstDeed:
        if self.since and self.until and self.since > self.until:
            raise ValueError(f"`since` ({self.since}) is after `until` ({self.until})")
        return self


class SecondDeed(Deed):
    within_days: Days


class EventThenEvent(TriggerKind):
    """Did one thing in a period, then another within some days of it; the second is the anchor."""

    kind: Literal["event_then_event"]
    first: FirstDeed
    then: SecondDeed
    gives = frozenset({"product"})

    def product_groups(self) -> list[str]:
        return [*(self.first.groups or []), *(self.then.groups or [])]

    def memory_days(self) -> int | None:
        if self.first.did != "purchase":
            return WEB_DAYS - self.then.within_days
        return None if self.then.did == "purchase" else WEB_DAYS
