"""Triggers that lie in what a customer is or has: membership, profile, stage, persona, birthday, benefits.

Decided in SQL (`models/marts/triggers`); here stands only what a `journey.yml` may say about them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from assets.messaging.triggers.kind import TriggerKind

Persona = Literal["Champions", "Loyal", "New", "At risk", "Need nurturing", "Inactive"]
Stage = Literal["active", "lapsed", "inactive"]
BenefitKind = Literal["points", "coupon", "free_freight", "gift"]


class Joined(TriggerKind):
    kind: Literal["joined"]


class ProfileIncomplete(TriggerKind):
    """A member lacks one of `fields`; asked on the day of joining and on each anniversary of it."""

    kind: Literal["profile_incomplete"]
    fields: Annotated[list[Literal["birth_date", "phone", "postal_code", "children"]], Field(min_length=1)]


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
