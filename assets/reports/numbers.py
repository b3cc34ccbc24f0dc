"""Numbers and dates as people read them (English, the retailer's currency). Pure; nothing is computed here."""

from __future__ import annotations

from datetime import date

MISSING = "–"


def whole(value: float | None) -> str:
    return MISSING if value is None else f"{round(value):,}".replace("-", "−")


def decimal(value: float | None, digits: int = 1) -> str:
    return MISSING if value is None else f"{value:,.{digits}f}".replace("-", "−")


def money(minor: float | None, currency: str, *, short: bool = False) -> str:
    """Minor units as an amount: `NOK 1,234.50`; short: `NOK 1.2 M`."""
    if minor is None:
        return MISSING
    major = minor / 100
    sign = "−" if major < 0 else ""
    major = abs(major)
    if short:
        for limit, word in ((1e9, "bn"), (1e6, "M"), (1e4, "k")):
            if major >= limit:
                scaled = major / (1e3 if word == "k" else limit)
                return f"{sign}{currency} {scaled:,.{0 if scaled >= 100 else 1}f} {word}"
    digits = 0 if major >= 1_000 else 2
    return f"{sign}{currency} {major:,.{digits}f}"


def percent(share: float | None, digits: int = 1) -> str:
    return MISSING if share is None else f"{share * 100:,.{digits}f} %".replace("-", "−")


def change(value: float | None, before: float | None) -> str:
    """Relative change with its sign; a dash when there is nothing to compare with."""
    if value is None or before is None or before == 0:
        return MISSING
    ratio = value / before - 1
    if abs(ratio) < 0.0005:
        return "±0 %"
    digits = 0 if abs(ratio) >= 1 else 1
    return f"{'+' if ratio > 0 else '−'}{abs(ratio) * 100:,.{digits}f} %"


def long_day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"


def short_day(day: date) -> str:
    return f"{day.day} {day:%b}"


def span(first: date | None, last: date | None) -> str:
    """`9 Nov – 22 Nov 2026`; open ends stay open."""
    if first is None and last is None:
        return MISSING
    if first is None:
        return f"until {short_day(last)} {last.year}" if last else MISSING
    if last is None:
        return f"from {short_day(first)} {first.year}"
    if first == last:
        return f"{short_day(last)} {last.year}"
    start = short_day(first) if first.year == last.year else f"{short_day(first)} {first.year}"
    return f"{start} – {short_day(last)} {last.year}"


def counted(n: float, one: str, many: str) -> str:
    return f"{whole(n)} {one if n == 1 else many}"
