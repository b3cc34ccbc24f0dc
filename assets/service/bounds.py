"""What every request passes on its way in and out: limits of size, time and number, and an answer for each failure.

A failure is answered without saying whose link it was, and logged as its kind: no path, no client, no content.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Protocol

import duckdb
import sqlalchemy as sa
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from assets.messaging.signatures import Forged
from assets.messaging.tokens import TokenError
from assets.messaging.webhooks import Unreadable
from assets.service import reports
from assets.service.throttle import Throttle

_LOG = logging.getLogger("fredning.serve")
_BODY_SECONDS = 10
# Wrong tokens and signatures of one client in a minute; genuine ones are never counted, as mail providers
# unsubscribe thousands of people from a few addresses.
_WRONG_A_MINUTE = 30
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}

Handler = Callable[[Request], Awaitable[Response]]


class Notice(Protocol):
    """A page of one sentence, in the reader's language."""

    def __call__(self, request: Request, said: str, status: int) -> Response: ...


class TooLarge(Exception):
    """A body beyond its limit; what came of it is thrown away unread."""


class Bounds:
    """Wraps handlers. `notice` words what a person is told; machines are answered in plain text."""

    def __init__(self, notice: Notice) -> None:
        self._notice = notice
        self._wrong = Throttle(_WRONG_A_MINUTE)

    def around(self, kind: str, handler: Handler, *, is_machine: bool = False) -> Handler:
        """Every answer gets its headers and one line in the log, and every failure its answer."""

        async def handle(request: Request) -> Response:
            began = time.perf_counter()
            response = await self._answer(kind, handler, request, is_machine)
            response.headers.update(_HEADERS)
            _LOG.info("%s %s %d %d ms", request.method, kind, response.status_code, (time.perf_counter() - began) * 1e3)
            return response

        return handle

    async def _answer(self, kind: str, handler: Handler, request: Request, is_machine: bool) -> Response:
        try:
            return await handler(request)
        except (TokenError, Forged, reports.NotSetUp) as wrong:
            return self._refused(request, wrong, is_machine)
        except Unreadable as error:
            return PlainTextResponse(f"{error}\n", 422)
        except TooLarge:
            return PlainTextResponse("too large\n", 413)
        except (TimeoutError, ClientDisconnect):
            return PlainTextResponse("the request did not come to its end\n", 408)
        except (sa.exc.SQLAlchemyError, duckdb.Error, OSError) as error:
            # Nothing was promised: whoever asked is told to ask again.
            _LOG.error("%s failed: %s", kind, type(error).__name__)
            return self._later(request, 503, is_machine)

    def _refused(self, request: Request, wrong: Exception, is_machine: bool) -> Response:
        if self._wrong.is_too_much(request.client.host if request.client else ""):
            return self._later(request, 429, is_machine)
        if isinstance(wrong, reports.NotSetUp):
            _LOG.warning("a report was refused: %s", wrong)
        if isinstance(wrong, TokenError):
            return self._notice(request, "not_ours", 404)
        return PlainTextResponse("not genuine\n", 401)

    def _later(self, request: Request, status: int, is_machine: bool) -> Response:
        answer = Response(status_code=status) if is_machine else self._notice(request, "later", status)
        answer.headers["Retry-After"] = "60"
        return answer


async def body(request: Request, most: int) -> bytes:
    """The body, up to `most` bytes and for a limited time. Raises `TooLarge` or `TimeoutError`."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > most:
        raise TooLarge
    async with asyncio.timeout(_BODY_SECONDS):
        parts: list[bytes] = []
        async for part in request.stream():
            parts.append(part)
            if sum(map(len, parts)) > most:
                raise TooLarge
    return b"".join(parts)
