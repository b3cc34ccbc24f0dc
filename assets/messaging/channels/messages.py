"""What a channel that sends messages one by one (or a few at a time) is asked, and what it answers.

A channel never raises for what its provider does: every letter gets an outcome, and "no answer" is one of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from assets.messaging.channels import Promise
from assets.messaging.states import State


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to send: its record (address, texts, ids), and for a mail its finished bytes."""

    message_id: str
    record: Mapping[str, Any]
    mime: bytes | None
    request_hash: str
    timezone: str

    @property
    def address(self) -> str:
        return str(self.record["address"])


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one letter: ACCEPTED, REJECTED (for good), DEFERRED (provably not accepted) or UNKNOWN.

    `error` is the provider's code or the kind of fault, never its words: those may quote an address.
    """

    message_id: str
    state: State
    reference: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The results of one request, and how long the provider asked the whole channel to be quiet."""

    results: tuple[Result, ...]
    pause: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Doubt:
    """A message whose answer is missing, and the instant at which its attempt began."""

    message_id: str
    since: datetime


class Fate(StrEnum):
    """What evidence says about a doubt; a doubt without evidence has none."""

    ACCEPTED = "accepted"
    ABSENT = "absent"


class MessageChannel(Protocol):
    """One way to a provider."""

    promise: Promise

    def send(self, letters: Sequence[Letter]) -> Answer:
        """One request with at most `promise.max_batch` letters. Called from several threads at once."""
        ...

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        """Evidence by our own ids; only asked where the promise says `can_lookup`."""
        ...


def all_alike(letters: Sequence[Letter], state: State, error: str | None, pause: timedelta | None = None) -> Answer:
    """One outcome for every letter of a request."""
    return Answer(tuple(Result(letter.message_id, state, None, error) for letter in letters), pause)
