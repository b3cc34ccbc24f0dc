"""HTTP for sending: one request, one attempt, and certainty about whether bytes have left.

Libraries that retry, follow redirects or re-open connections by themselves turn one message into several, so
this is the standard library's plain client with connecting and asking kept apart.
"""

from __future__ import annotations

import http.client
import select
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from assets.messaging.channels.messages import Answer, Letter, all_alike
from assets.messaging.states import State

_CONNECT_SECONDS = 10.0
_ANSWER_SECONDS = 30.0
_LARGEST_ANSWER = 1 << 20
_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=6)
# The provider said no before it looked at the message: configuration or overload, never the message's own fault.
_REFUSED = frozenset({401, 402, 403, 407, 408, 421, 425, 429, 503})


class NotSent(Exception):
    """The connection could not be made: provably nothing left."""


class Lost(Exception):
    """The request left, wholly or in part, and no whole answer came."""


@dataclass(frozen=True, slots=True)
class Response:
    """A whole answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Endpoint:
    """One server; each thread keeps a connection of its own."""

    def __init__(self, host: str, port: int | None, *, tls: bool, answer_seconds: float = _ANSWER_SECONDS) -> None:
        self._host, self._port, self._tls = host, port, tls
        self._answer_seconds = answer_seconds
        self._context = ssl.create_default_context() if tls else None
        self._own = threading.local()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        """Send one request once. Raises `NotSent` or `Lost`; redirects are answers like any other."""
        connection = self._connection()
        try:
            connection.request(method, target, body=body or None, headers=dict(headers))
            answer = connection.getresponse()
            content = answer.read(_LARGEST_ANSWER)
            found = Response(answer.status, {k.lower(): v for k, v in answer.getheaders()}, content)
            if answer.will_close or not answer.isclosed():
                self._drop()
            return found
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise Lost(type(error).__name__) from error

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        # Something to read before anything was asked is the server's goodbye.
        if kept is not None and kept.sock is not None and not select.select([kept.sock], [], [], 0)[0]:
            return kept
        self._drop()
        if self._context is not None:
            made: http.client.HTTPConnection = http.client.HTTPSConnection(
                self._host, self._port, timeout=_CONNECT_SECONDS, context=self._context
            )
        else:
            made = http.client.HTTPConnection(self._host, self._port, timeout=_CONNECT_SECONDS)
        made.auto_open = 0
        try:
            made.connect()
        except (OSError, http.client.HTTPException) as error:
            raise NotSent(type(error).__name__) from error
        made.sock.settimeout(self._answer_seconds)
        self._own.connection = made
        return made

    def _drop(self) -> None:
        kept: http.client.HTTPConnection | None = getattr(self._own, "connection", None)
        if kept is not None:
            kept.close()
        self._own.connection = None


def ask_for(
    letters: Sequence[Letter],
    endpoint: Endpoint,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes = b"",
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Response | Answer:
    """One request for these messages: its 2xx response, whose body must be read, or else what is known of them."""
    try:
        response = endpoint.ask(method, target, headers, body)
    except NotSent as error:
        return all_alike(letters, State.DEFERRED, str(error), _PAUSE)
    except Lost as error:
        return all_alike(letters, State.UNKNOWN, str(error))
    return judge_status(letters, response, now()) or response


def judge_status(letters: Sequence[Letter], response: Response, now: datetime) -> Answer | None:
    """What a status alone says about a whole request; None for 2xx, whose body must be read.

    A refusal of several messages at once says nothing about each of them: they are deferred, and the next attempt
    sends each alone.
    """
    status, error = response.status, f"HTTP {response.status}"
    if 200 <= status < 300:
        return None
    if status in _REFUSED:
        return all_alike(letters, State.DEFERRED, error, retry_after(response.headers, now) or _PAUSE)
    if 300 <= status < 500:
        return all_alike(letters, State.REJECTED if len(letters) == 1 else State.DEFERRED, error)
    # 500, 502, 504: somebody behind this server may have the message.
    return all_alike(letters, State.UNKNOWN, error)


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """The wait that a Retry-After header asks for (seconds or a date, RFC 9110 10.2.3), within reason."""
    value = headers.get("retry-after", "").strip()
    if value.isdigit():
        wait = timedelta(seconds=min(int(value), 86_400))
    else:
        try:
            at = parsedate_to_datetime(value)
        except ValueError:
            return None
        wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(wait, timedelta()), _LONGEST_PAUSE)
