"""Reads the bodies that forms and mail programs post. Pure; names the text that says what is wrong, no content."""

from __future__ import annotations

import re
from datetime import date
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl

from assets.service.obey import TOPICS, Wishes, latest_pause

_FREQUENCY = re.compile(r"([1-9])/(7|31)")
FREQUENCIES = ("", "2/7", "1/7", "1/31")


class Mistaken(ValueError):
    """A field that cannot be used: `str(error)` is the name of the text that says so."""


def fields(content_type: str, body: bytes) -> list[tuple[str, str]]:
    """Names and values in order, of both encodings that a form may have. Nothing for anything else."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50)
    if kind != "multipart/form-data":
        return []
    packed = b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body
    found = []
    for part in BytesParser(policy=HTTP).parsebytes(packed).walk():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found.append((name, payload.decode("utf-8", "replace").rstrip("\r\n")))
    return found


def is_one_click(pairs: list[tuple[str, str]]) -> bool:
    """Exactly what RFC 8058 lets a mail program post; our own button posts the same."""
    return ("List-Unsubscribe", "One-Click") in pairs


def wishes_of(pairs: list[tuple[str, str]], today: date) -> Wishes:
    """What a preference form says. Raises `Mistaken`."""
    given = dict(pairs)
    kept = {value for name, value in pairs if name == "topic"}
    if kept - set(TOPICS):
        raise Mistaken("wrong_form")
    frequency = given.get("frequency", "")
    match = _FREQUENCY.fullmatch(frequency)
    if frequency and not match:
        raise Mistaken("wrong_form")
    return Wishes(
        frozenset(TOPICS) - kept,
        int(match[1]) if match else None,
        int(match[2]) if match else None,
        _pause(given.get("paused_until", "").strip(), today),
    )


def _pause(text: str, today: date) -> date | None:
    if not text:
        return None
    try:
        until = date.fromisoformat(text)
    except ValueError:
        raise Mistaken("wrong_date") from None
    if not today < until <= latest_pause(today):
        raise Mistaken("wrong_date")
    return until
