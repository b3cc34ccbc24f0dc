"""What a journey, policy or brand file may say: the closed schema of everything under `templates/`.

Shapes and single values only. Rules between files (priorities, missing templates, texts) belong to
`journeys` and `template_checks`; the tables that SQL reads belong to `template_tables`.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from assets.messaging.triggers import Trigger
from assets.messaging.triggers.customers import Persona, Stage
from assets.messaging.triggers.purchases import PurchaseInGroup
from assets.messaging.yaml_types import (
    Country,
    Identifier,
    LocalTime,
    Money,
    Percent,
    Seconds,
    Strict,
    Validity,
    buckets,
)

MessageClass = Literal["post_purchase", "lifecycle", "newsletter", "service"]
Channel = Literal["email", "sms"]
Branch = Literal["with_accessory", "without_accessory", "default"]
Condition = Literal[
    "no_order_since_anchor",
    "order_since_anchor",
    "cart_not_bought",
    "reference_product_in_stock",
    "is_member",
    "visit_since_anchor",
    "no_visit_since_anchor",
]
Goal = Literal["order_since_anchor", "product_bought", "cart_bought", "accessory_bought", "benefit_used", "none"]
# Goals that only some kinds of trigger can see reached; the others hold for every kind.
GOALS_OF_KINDS: dict[str, frozenset[str]] = {
    "cart_bought": frozenset({"cart_abandoned"}),
    "accessory_bought": frozenset({"purchase_in_group"}),
    "benefit_used": frozenset({"benefit_unused"}),
}
Slot = Literal["also_bought", "accessories", "successor", "matching", "buy_again"]
OfferKind = Literal["free_freight", "coupon", "gift", "first_purchase"]

PERIOD_DAYS = {"week": 7, "month": 31, "quarter": 92, "year": 366}


class Audience(Strict):
    customer_type: Literal["b2c", "b2b", "any"] = "b2c"
    is_member: bool | None = None
    countries: list[Country] | None = None
    personas: list[Persona] | None = None
    stages: list[Stage] | None = None
    engagement: list[Literal["none", "discovery", "research", "purchase"]] | None = None


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
    conditions: list[Condition] = Field(default_factory=list)
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
    # Local days between which somebody may enter; who is inside already goes on to the end.
    enter_from: Annotated[date, Field(strict=False)] | None = None
    enter_until: Annotated[date, Field(strict=False)] | None = None
    holdout_percent: Percent = 0
    goal: Goal = "none"
    # How often somebody may enter: at least so many days after the last entry, or once in a calendar period.
    entry_gap_days: Annotated[int, Field(ge=1)] | None = None
    once_per: Literal["week", "month", "quarter", "year"] | None = None
    min_expected_value: Money | None = None
    handoff: Literal["merge_fields", "mime"] = "merge_fields"
    experiment: Experiment | None = None
    steps: Annotated[list[Step], Field(min_length=1)]

    @model_validator(mode="after")
    def _goal_can_be_seen(self) -> Journey:
        kinds = GOALS_OF_KINDS.get(self.goal)
        if kinds is not None and self.trigger.kind not in kinds:
            raise ValueError(f"the goal `{self.goal}` belongs to the trigger {' or '.join(sorted(kinds))}")
        if self.goal == "product_bought" and "product" not in self.trigger.gives:
            raise ValueError(f"the trigger {self.trigger.kind} is about no product, so `product_bought` cannot be seen")
        return self

    @model_validator(mode="after")
    def _entry_can_be_counted(self) -> Journey:
        if self.enter_from and self.enter_until and self.enter_from > self.enter_until:
            raise ValueError(f"nobody can enter: `enter_from` ({self.enter_from}) is after `enter_until`")
        if self.entry_gap_days is not None and self.once_per is not None:
            raise ValueError("`entry_gap_days` and `once_per` are two ways to say how often; keep one")
        memory = self.trigger.memory_days()
        if memory is None:
            return self
        # Whether an earlier entry counts must not change because the facts behind it are no longer kept.
        if self.entry_gap_days is not None:
            raise ValueError(
                f"the facts behind {self.trigger.kind} are kept for {memory} days, so entries cannot be spaced by "
                "`entry_gap_days`; use `once_per`"
            )
        reach = max(step.delay + max(step.valid_for, 86_400) for step in self.steps) / 86_400
        if self.once_per is not None and PERIOD_DAYS[self.once_per] + reach > memory:
            raise ValueError(
                f"the facts behind {self.trigger.kind} are kept for {memory} days: too few for once per "
                f"{self.once_per} and steps up to {reach:g} days later; choose a shorter period"
            )
        return self

    def variants(self) -> tuple[str, ...]:
        """The experiment's arms, or the one way there is."""
        return tuple(self.experiment.arms) if self.experiment else ("default",)

    def branches(self) -> tuple[str, ...]:
        split = isinstance(self.trigger, PurchaseInGroup) and self.trigger.accessory_split
        return ("with_accessory", "without_accessory") if split else ("default",)

    def step(self, step_id: str) -> Step:
        return next(step for step in self.steps if step.id == step_id)
