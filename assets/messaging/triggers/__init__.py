"""What can start a journey: the closed list of trigger kinds that a `journey.yml` may name, told apart by `kind`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from assets.messaging.triggers.broadcast import Broadcast
from assets.messaging.triggers.customers import (
    BenefitUnused,
    Birthday,
    Joined,
    PersonaChanged,
    ProfileIncomplete,
    WinBack,
)
from assets.messaging.triggers.interest import (
    BackInStock,
    BrowseAbandoned,
    CartAbandoned,
    EventThenEvent,
    IntentWinBack,
    LowStock,
    PriceDrop,
)
from assets.messaging.triggers.purchases import (
    Delivered,
    FirstPurchase,
    MatchingItem,
    NewerVersion,
    Purchase,
    PurchaseInCampaign,
    PurchaseInGroup,
    Replenishment,
)

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
