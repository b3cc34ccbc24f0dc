"""A mail that a channel is given, and the instant at which it is."""

from __future__ import annotations

from datetime import UTC, datetime

from assets.messaging.channels.messages import Letter

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
MIME = b"From: hei@butikk.example\r\nTo: kari@kunde.example\r\nSubject: x\r\n\r\nhei\r\n"
LETTER = Letter("0" * 32, {"address": "kari@kunde.example"}, MIME, "h", "Europe/Oslo")
