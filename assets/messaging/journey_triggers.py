"""What can start a journey: one model per trigger kind, with its parameters and what it gives the templates.

The kinds are decided in SQL (`models/marts/triggers`); here stands only what a `journey.yml` may say about them, and
the parameters as SQL reads them.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from assets.messaging.yaml_types import WEEKDAYS, Groups, LocalTime, Money, Strict, Weekday, minor

Persona = Literal["Champions", "Loyal", "New", "At risk", "Need nurturing", "Inactive"]
Stage = Literal["active", "lapsed", "inactive"]
BenefitKind = Literal["points", "coupon", "free_freight", "gift"]
# How long web events and estimates of run-outs are kept (vars web_history_days and replenishment_around_days).
WEB_DAYS, RUN_OUT_DAYS = 60, 21
Days = Annotated[int, Field(ge=1, le=3650)]


class TriggerKind(Strict):
    """Base of all kinds. `gives` names the parts of a message's content that the anchor brings along."""

    gives: ClassVar[frozenset[str]] = frozenset()
    # Whether the anchor lies on a local midnight (or at a fixed clock), so that steps fall due at a known hour.
    has_fixed_clock: ClassVar[bool] = False

    def params(self) -> dict[str, Any]:
        """The parameters as SQL reads them: JSON, without what was left out."""
        return self.model_dump(mode="json", exclude={"kind"}, exclude_none=True, by_alias=True)

    def memory_days(self) -> int | None:
        """For how many days the anchors of this kind stay known; None: for ever."""
        return None

    def product_groups(self) -> list[str]:
        """Every product group that is named, so that a check can hold it against the catalogue."""
        return list(getattr(self, "groups", None) or [])


class PurchaseInGroup(TriggerKind):
    kind: Literal["purchase_in_group"]
    groups: Groups
    accessory_split: bool = False
    gives = frozenset({"order", "product"})


class Purchase(TriggerKind):
    kind: Literal["purchase"]
    gives = frozenset({"order", "product"})


class PurchaseInCampaign(TriggerKind):
    """A purchase of what a campaign running on that day is about. `campaigns` limits it to some of them."""

    kind: Literal["purchase_in_campaign"]
    campaigns: Annotated[list[str], Field(min_length=1)] | None = None
    gives = frozenset({"order", "product"})


class FirstPurchase(TriggerKind):
    """The customer's first valid order: the start of a second-purchase programme."""

    kind: Literal["first_purchase"]
    gives = frozenset({"order", "product"})


class Delivered(TriggerKind):
    kind: Literal["delivered"]
    gives = frozenset({"order", "product"})


class MatchingItem(TriggerKind):
    """A purchase of something that has a matching item which the customer lacks; the message is about that item."""

    kind: Literal["matching_item"]
    groups: Groups | None = None
    gives = frozenset({"order", "product"})


class NewerVersion(TriggerKind):
    """The successor of something the customer bought came into stock."""

    kind: Literal["newer_version"]
    owned_within_days: Days = 1095
    gives = frozenset({"product"})


class Replenishment(TriggerKind):
    kind: Literal["replenishment"]
    days_before: Annotated[int, Field(ge=0, le=14)] = 6
    min_probability: Annotated[float, Field(ge=0, le=1)] = 0.0
    groups: Groups | None = None
    has_fixed_clock = True
    gives = frozenset({"product"})

    def memory_days(self) -> int | None:
        return RUN_OUT_DAYS


class Joined(TriggerKind):
    kind: Literal["joined"]


class ProfileIncomplete(TriggerKind):
    """A member lacks one of `fields`; asked on the day of joining and on each anniversary of it."""

    kind: Literal["profile_incomplete"]
    fields: Annotated[list[Literal["birth_date", "phone", "postal_code", "children"]], Field(min_length=1)]


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


class WinBack(TriggerKind):
    """The customer slipped into a later stage: of the shop's base (relative), or by its rhythm (absolute)."""

    kind: Literal["win_back"]
    stage: Literal["lapsed", "inactive"]
    measured: Literal["relative", "absolute"] = "relative"
    has_fixed_clock = True


class PersonaChanged(TriggerKind):
    """The customer moved between personas; without `from`, from any other one."""

    kind: Literal["persona_changed"]
    origin: Annotated[list[Persona] | None, Field(alias="from", min_length=1)] = None
    to: Annotated[list[Persona], Field(min_length=1)]
    has_fixed_clock = True


class Birthday(TriggerKind):
    """Yearly, `days_before` the customer's or a child's birthday, or the name day in the customer's country."""

    kind: Literal["birthday"]
    whose: Literal["customer", "child", "name_day"] = "customer"
    days_before: Annotated[int, Field(ge=0, le=60)] = 0
    max_age: Annotated[int, Field(ge=1, le=120)] | None = None
    has_fixed_clock = True


class BenefitUnused(TriggerKind):
    """A benefit that was not used yet: counted from its issue, or from `days_before_expiry` on."""

    kind: Literal["benefit_unused"]
    benefits: Annotated[list[BenefitKind], Field(min_length=1)] | None = None
    days_before_expiry: Annotated[int, Field(ge=0, le=365)] | None = None
    gives = frozenset({"benefit"})


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
        return (
            None
            if self.then.did == "purchase" == self.first.did
            else WEB_DAYS - (0 if self.first.did == "purchase" else self.then.within_days)
        )


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


Trigger = Annotated[
    PurchaseInGroup
    | Purchase
    | PurchaseInCampaign
    | FirstPurchase
    | Delivered
    | MatchingItem
    | NewerVersion
    | Replenishment
    | Joined
    | ProfileIncomplete
    | BrowseAbandoned
    | IntentWinBack
    | CartAbandoned
    | WinBack
    | PersonaChanged
    | Birthday
    | BenefitUnused
    | BackInStock
    | PriceDrop
    | LowStock
    | EventThenEvent
    | Broadcast,
    Field(discriminator="kind"),
]
