r"""Erased people in text of a source system's making: a record that names one goes, a sale only loses the name.

A name is found in any case and however it is written: numbers with whatever may stand between digits, letters also as
JSON writes them (\u00f8), because a spelling that staging reads and this does not would stay for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from assets.privacy.person import Forgotten

# What staging reads over between the digits of a number (dbt_project/macros/engines/phones.sql), and its JSON escapes.
_BETWEEN = r"(?:[\s().\-/‐‑–]|\\[tr/]|\\u(?:0009|00a0|1680|20(?:0[0-9a-b]|10|11|13|28|29|2f|5f)|3000))*"
_ESCAPED = re.compile(rb"\\u[0-9a-f]{4}|\\[tr]")
# Bytes that stand between digits, and those of letters beyond ASCII: taken out for a first look.
_SKIPPED = b" \t\r\x0b\x0c().-/\\" + bytes(range(128, 256))
_PLAIN = re.compile(r"[!-~]+")
_EMAIL = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")


@dataclass(frozen=True, slots=True)
class Names:
    """What names erased people in text. `words` and `numbers` tell cheaply where the exact `pattern` is worth a try."""

    words: tuple[bytes, ...]
    numbers: tuple[bytes, ...]
    pattern: re.Pattern[str]

    def may_be_in(self, content: bytes) -> bool:
        """False only if none of the names is there; that somebody has half of one makes it True now and then."""
        lower = content.lower()
        if any(word in lower for word in self.words):
            return True
        if b"\\" in lower:
            lower = _ESCAPED.sub(b"", lower)
        digits = lower.translate(None, _SKIPPED)
        return any(number in digits for number in self.numbers)


def names_of(forgotten: Forgotten) -> Names | None:
    """In any case and spelling, but not inside a longer id. None if they are known by nothing that text may hold."""
    ids = forgotten.member_ids | forgotten.account_ids | forgotten.pos_customer_ids | forgotten.anonymous_ids
    words = sorted({*ids, *forgotten.emails})
    numbers = sorted(forgotten.phones)
    parts = [rf"(?<![\w.+\-@]){''.join(map(_letter, word))}(?![\w@]|[.\-]\w)" for word in words]
    parts += [rf"(?<!\d)(?:\+|00?)?{_BETWEEN.join(number)}(?!\d)" for number in numbers]
    if not parts:
        return None
    longest = (max(_PLAIN.findall(word), key=len, default="") for word in words)
    return Names(
        tuple(sorted({plain.lower().encode() for plain in longest})),
        tuple(number.encode() for number in numbers),
        re.compile("|".join(parts), re.IGNORECASE),
    )


def without(content: bytes, names: Names, *, is_sale: bool) -> bytes:
    """The text without the records that name somebody; of sales without the names."""
    return b"".join(
        _record_without(record, names.pattern, is_sale) if names.may_be_in(record) else record
        for record in _records(content)
    )


def _letter(letter: str) -> str:
    if letter.isascii():
        return re.escape(letter)
    escapes = {rf"\\u{ord(each):04x}" for each in (letter.lower(), letter.upper()) if len(each) == 1}
    return f"(?:{'|'.join([re.escape(letter), *sorted(escapes)])})"


def _record_without(record: bytes, pattern: re.Pattern[str], is_sale: bool) -> bytes:
    """Nothing, or the sale without whoever bought: its own number stays, everything like an address goes."""
    # Surrogates carry what is no UTF-8 through unchanged.
    text = record.decode(errors="surrogateescape")
    if not pattern.search(text):
        return record
    if not is_sale:
        return b""
    return _EMAIL.sub("", pattern.sub("", text)).encode(errors="surrogateescape")


def _records(content: bytes) -> Iterator[bytes]:
    """Lines; a quoted field may hold line breaks, so a record goes on until its quotes are closed."""
    record = b""
    for line in content.splitlines(keepends=True):
        record += line
        if record.count(b'"') % 2 == 0:
            yield record
            record = b""
    if record:
        yield record
