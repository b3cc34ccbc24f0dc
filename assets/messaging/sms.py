"""What an SMS costs and whether it arrives as written: typographic clean-up, GSM-7 or UCS-2, segments."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these takes two places: an escape, then the character.
_GSM_EXTENSION = frozenset("^{}\\[~]|€\f")

# One character outside GSM-7 doubles the price of the whole message; these have an equal inside it.
_TYPOGRAPHIC = str.maketrans(
    {
        "\u00a0": " ", "\u202f": " ", "\u2007": " ", "\u2009": " ", "\u200b": "", "\u200d": "", "\ufeff": "",
        "\u00ad": "", "\t": " ", "\r": "",
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
        "‐": "-", "\u2011": "-", "‒": "-", "–": "-", "—": "-", "−": "-", "…": "...", "•": "-", "·": "-", "×": "x",
    }
)  # fmt: skip
# Letters that no decomposition reaches.
_LETTERS = str.maketrans({"Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Þ": "Th", "þ": "th", "ð": "d", "Ð": "D", "ı": "i"})


@dataclass(frozen=True)
class SmsSize:
    """How a text travels: `encoding` GSM-7 or UCS-2, and the number of segments that are paid for."""

    encoding: str
    segments: int
    units: int


def normalise(text: str) -> str:
    """The text with typography that SMS knows; accents are dropped only where that alone saves it from UCS-2."""
    text = "\n".join(line.strip() for line in text.translate(_TYPOGRAPHIC).strip().splitlines() if line.strip())
    if _is_gsm(text):
        return text
    plain = "".join(_unaccented(character) for character in text.translate(_LETTERS))
    return plain if _is_gsm(plain) else text


def measure(text: str) -> SmsSize:
    """Segments as the network counts them: an escaped or surrogate pair is never split over two."""
    if _is_gsm(text):
        units = [2 if character in _GSM_EXTENSION else 1 for character in text]
        return SmsSize("GSM-7", _segments(units, 160, 153), sum(units))
    units = [2 if ord(character) > 0xFFFF else 1 for character in text]
    return SmsSize("UCS-2", _segments(units, 70, 67), sum(units))


def _is_gsm(text: str) -> bool:
    return all(character in _GSM or character in _GSM_EXTENSION for character in text)


def _unaccented(character: str) -> str:
    if character in _GSM or character in _GSM_EXTENSION:
        return character
    return "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))


def _segments(units: list[int], single: int, joined: int) -> int:
    if sum(units) <= single:
        return 1
    count, room = 1, joined
    for unit in units:
        if unit > room:
            count, room = count + 1, joined
        room -= unit
    return count
