"""Amazon's key and certificate, for all tests of webhooks."""

from __future__ import annotations

from tests.unit.messaging.webhooks.amazon import amazon

__all__ = ["amazon"]
