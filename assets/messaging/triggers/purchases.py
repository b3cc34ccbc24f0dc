"""Triggers that purchases set off: what was bought, delivered, goes with it, follows it or runs out.

Decided in SQL (`models/marts/triggers`); here stands only what a `journey.yml` may say about them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assets.messaging.triggers.kind import Days, TriggerKind
from assets.messaging.yaml_types import Groups

# How long estimates of run-outs are kept (var replenishment_around_days).
RUN_OUT_DAYS = 21


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
