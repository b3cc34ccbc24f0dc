"""Whether a message's permitted hours are over, at the instant of sending; the decision chose an instant in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from assets.messaging.policy_schema import SendingWindows


@dataclass(frozen=True, slots=True)
class SendingHours:
    """The closing hours of the policy; `zone` serves customers whose own is unknown."""

    windows: SendingWindows
    zone: ZoneInfo

    def are_over(self, channel: str, run_date: date, timezone: str, now: datetime) -> bool:
        """Whether the customer's day is past its closing hour: a worker that is late must not ring at night."""
        closes = self.windows.email.closes if channel == "email" else self.windows.sms.closes
        try:
            zone = ZoneInfo(timezone) if timezone else self.zone
        except (ZoneInfoNotFoundError, ValueError):
            zone = self.zone
        return now >= datetime.combine(run_date, closes, tzinfo=zone)
