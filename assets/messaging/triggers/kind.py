"""What every kind of trigger has: parameters for SQL, what it gives the templates, how long it is remembered."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from assets.messaging.yaml_types import Strict

# How long web events are kept (var web_history_days).
WEB_DAYS = 60
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
