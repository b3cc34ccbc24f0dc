r"""Erased people in text of a source system's making: a record that names one goes, a sale only loses the name.

An address is found in any column and case and however it is written: numbers with whatever may stand between digits,
letters also as JSON writes them (\u00f8), because a spelling that staging reads and this does not would stay for ever.
An id is found where its column says that it is one; anywhere only in a record that nobody can read as columns.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from assets.privacy.fields import Csv, Ndjson
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
    """What names erased people in text. `words` and `numbers` tell cheaply where the exact patterns are worth a try."""

    words: tuple[bytes, ...]
    numbers: tuple[bytes, ...]
    # Addresses and ids, and addresses alone.
    pattern: re.Pattern[str]
    addresses: re.Pattern[str]
    # Kind of id (a field of `Forgotten`) → ids in upper case.
    ids: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def may_be_in(self, content: bytes) -> bool:
        """False only if none of the names is there; that somebody has half of one makes it True now and then."""
        lower = content.lower()
        if any(word in lower for word in self.words):
            return True
        if b"\\" in lower:
            lower = _ESCAPED.sub(b"", lower)
        digits = lower.translate(None, _SKIPPED)
        return any(number in digits for number in self.numbers)


@dataclass(frozen=True, slots=True)
class Columns:
    """How the records of a file are read, and what stands where."""

    fields: Csv | Ndjson
    # Column → kinds of value, joined by +.
    kinds: Mapping[str, str]
    # What says which record it is, and not whose.
    keys: Collection[str] = ()

    def named(self, record: str, names: Names) -> bool | None:
        """Whether the record names somebody; None if it cannot be read."""
        found: list[bool] = []

        def look(column: str | None, text: str) -> str:
            found.append(self._is_theirs(column, text, names))
            return text

        return any(found) if self.fields.changed(record, look) is not None else None

    def unnamed(self, record: str, names: Names) -> str:
        """The sale without whatever says whose it is."""

        def blank(column: str | None, text: str) -> str:
            if column in self.keys:
                return text
            return "" if column in self.kinds else _EMAIL.sub("", names.addresses.sub("", text))

        return self.fields.changed(record, blank) or ""

    def _is_theirs(self, column: str | None, text: str, names: Names) -> bool:
        if self._holds_id(column, text, names):
            return True
        return column not in self.keys and names.addresses.search(text) is not None

    def _holds_id(self, column: str | None, text: str, names: Names) -> bool:
        kinds = self.kinds.get(column or "", "").split("+")
        return any(text.strip().upper() in names.ids.get(kind, ()) for kind in kinds)


_IDS = ("member_ids", "account_ids", "pos_customer_ids", "anonymous_ids", "order_ids", "request_ids", "consent_ids")


def names_of(forgotten: Forgotten) -> Names | None:
    """In any case and spelling, but not inside a longer id. None if they are known by nothing that text may hold."""
    ids: dict[str, frozenset[str]] = {kind: getattr(forgotten, kind) for kind in _IDS}
    emails, numbers = sorted(forgotten.emails), sorted(forgotten.phones)
    words = sorted({*frozenset().union(*ids.values()), *emails})
    # The numbers of sales, requests and consents tell nothing of a person, and elsewhere they are something else.
    no_names = forgotten.order_ids | forgotten.request_ids | forgotten.consent_ids
    anywhere = [word for word in words if word not in no_names]
    if not (words or numbers):
        return None
    written = [rf"(?<!\d)(?:\+|00?)?{_BETWEEN.join(number)}(?!\d)" for number in numbers]
    # Of an address the part before the @, which links write as %40.
    longest = (max(_PLAIN.findall(word.partition("@")[0]), key=len, default="") for word in words)
    return Names(
        words=tuple(sorted({plain.lower().encode() for plain in longest})),
        numbers=tuple(number.encode() for number in numbers),
        pattern=_any_of([*map(_whole_word, anywhere), *written]),
        addresses=_any_of([*map(_whole_word, emails), *written]),
        ids={kind: frozenset(each.upper() for each in found) for kind, found in ids.items()},
    )


def without(content: bytes, names: Names, *, is_sale: bool, columns: Columns | None = None) -> bytes:
    """The text without the records that name somebody; of sales without the names."""
    return b"".join(
        _record_without(record, names, is_sale, columns) if names.may_be_in(record) else record
        for record in _records(content)
    )


def _any_of(parts: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(parts) or r"(?!)", re.IGNORECASE)


def _whole_word(word: str) -> str:
    return rf"(?<![\w.+\-@]){''.join(map(_letter, word))}(?![\w@]|[.\-]\w)"


def pattern_in_sql(emails: Collection[str]) -> str:
    """What `in_text` looks for (RE2): the addresses, not inside longer ones."""
    return rf"(^|[^\w.+\-@])({'|'.join(map(re.escape, sorted(emails)))})($|[^\w@])"


def in_text(column: str) -> str:
    """SQL: whether a text such as a link names an address; its parameter is a `pattern_in_sql`."""
    return f"coalesce(regexp_matches(replace(lower({column}), '%40', '@'), ?), false)"


def _letter(letter: str) -> str:
    if letter == "@":
        return "(?:@|%40)"
    if letter.isascii():
        return re.escape(letter)
    escapes = {rf"\\u{ord(each):04x}" for each in (letter.lower(), letter.upper()) if len(each) == 1}
    return f"(?:{'|'.join([re.escape(letter), *sorted(escapes)])})"


def _record_without(record: bytes, names: Names, is_sale: bool, columns: Columns | None) -> bytes:
    """Nothing, or the sale without whoever bought: its own number stays, everything like an address goes."""
    # Surrogates carry what is no UTF-8 through unchanged.
    text = record.decode(errors="surrogateescape")
    is_named = columns.named(text, names) if columns else None
    if is_named is None:
        columns, is_named = None, names.pattern.search(text) is not None
    if not is_named:
        return record
    if not is_sale:
        return b""
    left = columns.unnamed(text, names) if columns else _EMAIL.sub("", names.pattern.sub("", text))
    return left.encode(errors="surrogateescape")


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
