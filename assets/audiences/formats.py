"""How the ad platforms want identifiers: brought into their normal form, then SHA-256 in lower-case hex. Pure.

Only e-mail and phone are given, as consent is given by address; names and postal codes would match more people than
have said yes. Sources:

- Meta, developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences, "Hashing and normalization":
  e-mail trimmed and in lower case; phone as digits with country code, without symbols, letters or zeros in front.
  Columns `email` and `phone`: Business Help 2082575038703844.
- Google, developers.google.com/data-manager/api/devguides/concepts/formatting: no white space, lower case; at gmail.com
  and googlemail.com, and nowhere else, neither periods nor a plus with what follows it; phone in E.164 with its plus.
  Columns `Email` and `Phone`, in English: Google Ads Help 7659867.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

_GMAIL = ("gmail.com", "googlemail.com")


def meta_email(email: str) -> str:
    return email.strip().lower()


def meta_phone(phone: str) -> str:
    return re.sub(r"\D", "", phone).lstrip("0")


def google_email(email: str) -> str:
    name, _, host = re.sub(r"\s", "", email).lower().rpartition("@")
    if host in _GMAIL:
        name = name.partition("+")[0].replace(".", "")
    return f"{name}@{host}"


def google_phone(phone: str) -> str:
    return f"+{re.sub(r'[^0-9]', '', phone).lstrip('0')}"


def hashed(normal: str) -> str:
    return hashlib.sha256(normal.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform's columns and normal forms."""

    name: str
    header: tuple[str, str]
    email: Callable[[str], str]
    phone: Callable[[str], str]

    def row(self, email: str | None, phone: str | None) -> tuple[str, str]:
        """Both identifiers of one person as they are handed over; empty where there is none."""
        return (hashed(self.email(email)) if email else "", hashed(self.phone(phone)) if phone else "")


PLATFORMS = (
    Platform("meta", ("email", "phone"), meta_email, meta_phone),
    Platform("google", ("Email", "Phone"), google_email, google_phone),
)
