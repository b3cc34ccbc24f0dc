"""The ways in which a telephone number may stand in a file, as digits. Pure."""

from __future__ import annotations

import re

from assets.identity import phones

CALLING_CODES = ("47", "46", "45", "358")


def phones_of(text: str | None) -> set[str]:
    """All ways in which a number may be written, as digits: with its calling code, with 47(0), and without."""
    digits = re.sub(r"\D", "", (text or "").replace("(0)", "")).lstrip("0")
    if len(digits) < 6:
        return set()
    national = {digits.removeprefix(code).lstrip("0") for code in CALLING_CODES if digits.startswith(code)}
    national.add(phones.national_digits(f"+{digits}") or "")
    with_trunk = {f"{digits.removesuffix(each)}0{each}" for each in national if each and digits.endswith(each)}
    return {digits, *with_trunk, *(each for each in national if len(each) >= 7)}
