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
    encoding, units, _, _ = _units(text)
    return SmsSize(encoding, len(split(text)), sum(units))


def split(text: str) -> list[str]:
    """The text in the segments in which it travels; a message that fits into one has no header and more room."""
    _, units, single, joined = _units(text)
    if sum(units) <= single:
        return [text]
    parts, start, room = [], 0, joined
    for at, unit in enumerate(units):
        if unit > room:
            parts.append(text[start:at])
            start, room = at, joined
        room -= unit
    return [*parts, text[start:]]


def _units(text: str) -> tuple[str, list[int], int, int]:
    if _is_gsm(text):
        return "GSM-7", [2 if character in _GSM_EXTENSION else 1 for character in text], 160, 153
    return "UCS-2", [2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67


def _is_gsm(text: str) -> bool:
    return all(character in _GSM or character in _GSM_EXTENSION for character in text)


def _unaccented(character: str) -> str:
    if character in _GSM or character in _GSM_EXTENSION:
        return character
    return "".join(c for c in unicodedata.normalize("NFKD", character) if not unicodedata.combining(c))
