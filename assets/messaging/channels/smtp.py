"""Mails over SMTP: connections that are kept, one transaction per mail, and certainty about the final dot.

Until the line with the single dot has been sent, a mail is provably not accepted; after it, only the server's
answer, or its own log, says what became of it.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email import message_from_bytes, policy
from email.utils import parseaddr

from assets.messaging.channels import Promise
from assets.messaging.channels.messages import Answer, Doubt, Fate, Letter, Result
from assets.messaging.channels.postfix_log import PostfixLog
from assets.messaging.states import State

_SECONDS = 60.0
# Servers close idle connections after some minutes; a new one costs less than a mail in doubt.
_IDLE_SECONDS = 20.0
_PAUSE = timedelta(seconds=30)
_GO_ON = frozenset({250, 251, 354})
_LINE_START = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Server:
    """Where to, how, and as whom. `return_path` may hold `{id}`, so that bounces name the message."""

    host: str
    port: int
    tls: str = "starttls"
    user: str | None = None
    password: str | None = None
    return_path: str | None = None


class _Refused(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


class SmtpChannel:
    """One mail server; each thread keeps a connection of its own."""

    def __init__(self, server: Server, *, rate: float | None = None, log: PostfixLog | None = None) -> None:
        self._server, self._log = server, log
        self._own = threading.local()
        self.promise = Promise.one_by_one("smtp", rate=rate, has_log=log is not None)

    def send(self, letters: Sequence[Letter]) -> Answer:
        [letter] = letters
        try:
            connection = self._connection()
        except smtplib.SMTPResponseException as error:
            return _deferred(letter, f"SMTP {error.smtp_code}", _PAUSE)
        except (OSError, smtplib.SMTPException) as error:
            return _deferred(letter, type(error).__name__, _PAUSE)
        try:
            self._address(connection, letter)
        except _Refused as refused:
            return self._refused(connection, letter, refused.code)
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return _deferred(letter, type(error).__name__)
        return self._transmit(connection, letter)

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        return self._log.look_up(doubts, now) if self._log else {}

    def _address(self, connection: smtplib.SMTP, letter: Letter) -> None:
        steps: tuple[Callable[[], int], ...] = (
            lambda: connection.mail(self._return_path(letter))[0],
            lambda: connection.rcpt(letter.address)[0],
            lambda: connection.docmd("DATA")[0],
        )
        for step in steps:
            code = step()
            if code not in _GO_ON:
                raise _Refused(code)

    def _transmit(self, connection: smtplib.SMTP, letter: Letter) -> Answer:
        assert letter.mime is not None
        body = _LINE_START.sub(b"..", letter.mime)
        try:
            connection.send(body if body.endswith(b"\r\n") else body + b"\r\n")
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return _deferred(letter, type(error).__name__)
        try:
            connection.send(b".\r\n")
            code, text = connection.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            return Answer((Result(letter.message_id, State.UNKNOWN, None, type(error).__name__),))
        if code == 250:
            self._own.used_at = time.monotonic()
            queued = re.search(rb"queued as (\w+)", text)
            reference = queued[1].decode() if queued else None
            return Answer((Result(letter.message_id, State.ACCEPTED, reference),))
        return self._refused(connection, letter, code)

    def _refused(self, connection: smtplib.SMTP, letter: Letter, code: int) -> Answer:
        if code == 421 or code < 400:
            self._drop()
            return _deferred(letter, f"SMTP {code}", _PAUSE)
        try:
            connection.rset()
        except (OSError, smtplib.SMTPException):
            self._drop()
        if code < 500:
            return _deferred(letter, f"SMTP {code}")
        return Answer((Result(letter.message_id, State.REJECTED, None, f"SMTP {code}"),))

    def _return_path(self, letter: Letter) -> str:
        if self._server.return_path:
            return self._server.return_path.replace("{id}", letter.message_id)
        head = (letter.mime or b"").partition(b"\r\n\r\n")[0]
        return parseaddr(message_from_bytes(head, policy=policy.default)["From"])[1]

    def _connection(self) -> smtplib.SMTP:
        kept: smtplib.SMTP | None = getattr(self._own, "connection", None)
        if kept is not None and time.monotonic() - self._own.used_at < _IDLE_SECONDS:
            return kept
        self._drop()
        made = self._open()
        self._own.connection, self._own.used_at = made, time.monotonic()
        return made

    def _open(self) -> smtplib.SMTP:
        server = self._server
        context = ssl.create_default_context()
        if server.tls == "implicit":
            made: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=_SECONDS, context=context)
        else:
            made = smtplib.SMTP(server.host, server.port, timeout=_SECONDS)
        try:
            if server.tls == "starttls":
                made.starttls(context=context)
            made.ehlo_or_helo_if_needed()
            if server.user:
                made.login(server.user, server.password or "")
        except BaseException:
            made.close()
            raise
        return made

    def _drop(self) -> None:
        kept: smtplib.SMTP | None = getattr(self._own, "connection", None)
        if kept is not None:
            with contextlib.suppress(OSError):
                kept.close()
        self._own.connection = None


def _deferred(letter: Letter, error: str, pause: timedelta | None = None) -> Answer:
    return Answer((Result(letter.message_id, State.DEFERRED, None, error),), pause)
