"""The HTTP service: one-click unsubscribe and preferences for people, webhooks for providers, health for machines.

GET and HEAD never change anything (link scanners follow every link); only the gateway style `kannel`, which can do
nothing else, reports by GET at an address that only we could have made. No cookies, no redirects. Its log holds the
kind of request and the status: no path, no client, no content.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import duckdb
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from assets.messaging.ledger import meta
from assets.messaging.outbox import Outbox
from assets.messaging.policy_schema import Brand
from assets.messaging.signatures import Forged
from assets.messaging.tokens import TokenError
from assets.messaging.webhooks import Call, Unreadable, intake
from assets.service import forms, obey, reports
from assets.service.pages import Pages
from assets.service.recipients import Recipient, recipient_of
from assets.service.throttle import Throttle
from orchestration.settings import Settings

_LOG = logging.getLogger("fredning.serve")
_FORM_BYTES = 8_192
_REPORT_BYTES = 1_048_576
_BODY_SECONDS = 10
# Wrong tokens and signatures of one client in a minute; genuine ones are never counted, as mail providers
# unsubscribe thousands of people from a few addresses.
_WRONG_A_MINUTE = 30
# What one link may ask for in a minute.
_ASKED_A_MINUTE = 20

Handler = Callable[[Request], Awaitable[Response]]


class TooLarge(Exception):
    """A body beyond its limit; what came of it is thrown away unread."""


class Service:
    """The handlers, with everything they depend on given from outside."""

    def __init__(
        self, settings: Settings, outbox: Outbox, brand: Brand, now: Callable[[], datetime] | None = None
    ) -> None:
        self.settings, self.outbox, self.pages = settings, outbox, Pages(brand)
        self.now = now or (lambda: datetime.now(UTC))
        self._wrong, self._asked = Throttle(_WRONG_A_MINUTE), Throttle(_ASKED_A_MINUTE)

    def app(self) -> Starlette:
        """The ASGI application."""
        app = Starlette(
            routes=[
                Route("/u/{token}", self._logged("page", self.page), methods=["GET"]),
                Route("/u/{token}", self._logged("unsubscribe", self.unsubscribe), methods=["POST"]),
                Route("/u/{token}/wishes", self._logged("wishes", self.wishes), methods=["POST"]),
                Route("/events/{style}", self._logged("events", self.events), methods=["POST"]),
                Route("/events/twilio/{report}", self._logged("events", self.twilio), methods=["POST"]),
                Route("/events/kannel/{report}", self._logged("events", self.kannel), methods=["GET", "POST"]),
                Route("/health", self._logged("health", self.health), methods=["GET"]),
                Route("/robots.txt", self._robots, methods=["GET"]),
            ]
        )
        # A mail program must not be sent elsewhere (RFC 8058), not even for a slash.
        app.router.redirect_slashes = False
        return app

    # --- people -----------------------------------------------------------------------------------

    async def page(self, request: Request) -> Response:
        recipient = await run_in_threadpool(self._recipient, request)
        return await run_in_threadpool(self._shown, request, recipient)

    async def unsubscribe(self, request: Request) -> Response:
        recipient = await run_in_threadpool(self._recipient, request)
        pairs = forms.fields(request.headers.get("content-type", ""), await _body(request, _FORM_BYTES))
        if not forms.is_one_click(pairs):
            return await run_in_threadpool(self._shown, request, recipient, "wrong_form", 400)
        if self._asks_too_much(recipient):
            return self._notice(request, "later", 429)
        if recipient.is_forgotten:
            return self._notice(request, "nobody", 200)
        await run_in_threadpool(obey.opt_out, self.settings, self.outbox, recipient, self.now())
        return await run_in_threadpool(self._shown, request, recipient, "done_unsubscribed")

    async def wishes(self, request: Request) -> Response:
        recipient = await run_in_threadpool(self._recipient, request)
        pairs = forms.fields(request.headers.get("content-type", ""), await _body(request, _FORM_BYTES))
        if self._asks_too_much(recipient):
            return self._notice(request, "later", 429)
        if recipient.is_forgotten:
            return self._notice(request, "nobody", 200)
        now = self.now()
        try:
            asked = forms.wishes_of(pairs, now.astimezone(self.settings.zone).date())
        except forms.Mistaken as mistake:
            return await run_in_threadpool(self._shown, request, recipient, str(mistake), 400)
        await run_in_threadpool(obey.wish, self.settings, self.outbox, recipient, asked, now)
        return await run_in_threadpool(self._shown, request, recipient, "done_saved")

    def _recipient(self, request: Request) -> Recipient:
        return recipient_of(self.settings, self.outbox, request.path_params["token"])

    def _asks_too_much(self, recipient: Recipient) -> bool:
        return self._asked.is_too_much(recipient.message_id)

    def _shown(self, request: Request, recipient: Recipient, said: str | None = None, status: int = 200) -> Response:
        if recipient.is_forgotten:
            return self._notice(request, "nobody", status)
        standing = obey.standing(self.settings, self.outbox, recipient)
        html = self.pages.preferences(
            f"/u/{request.path_params['token']}",
            self._language(request, recipient.language),
            recipient,
            standing,
            self.now().astimezone(self.settings.zone).date(),
            said=said,
            is_wrong=status >= 400,
        )
        return self._html(html, status)

    def _notice(self, request: Request, said: str, status: int) -> Response:
        return self._html(self.pages.notice(self._language(request, None), said, is_wrong=status >= 400), status)

    def _language(self, request: Request, customer: str | None) -> str:
        accepted = request.headers.get("accept-language", "")
        return self.pages.language(request.query_params.get("lang"), accepted, customer)

    def _html(self, html: str, status: int) -> Response:
        return Response(html, status, {"Content-Security-Policy": self.pages.policy}, "text/html; charset=utf-8")

    # --- providers --------------------------------------------------------------------------------

    async def events(self, request: Request) -> Response:
        if request.path_params["style"] not in ("signed", "ses"):
            return PlainTextResponse("there is no such style of events\n", 404)
        return await self._taken_in(request, request.path_params["style"])

    async def twilio(self, request: Request) -> Response:
        return await self._taken_in(request, "twilio")

    async def kannel(self, request: Request) -> Response:
        return await self._taken_in(request, "kannel")

    async def _taken_in(self, request: Request, style: str) -> Response:
        body = await _body(request, _REPORT_BYTES)
        # Providers sign the address as they were told it, which is not the one behind a proxy.
        query = f"?{request.url.query}" if request.url.query else ""
        call = Call(f"{self.settings.public_url}{request.url.path}{query}", dict(request.headers), body)
        await run_in_threadpool(self._take_in, style, call)
        return Response(status_code=204)

    def _take_in(self, style: str, call: Call) -> None:
        now = self.now()
        rows = reports.rows_of(self.settings, style, call, now)
        rows = reports.with_addresses(self.settings, self.outbox, rows)
        intake.take_in(self.settings, self.outbox, rows, now.astimezone(self.settings.zone).date())

    # --- machines ---------------------------------------------------------------------------------

    async def health(self, request: Request) -> Response:
        problems = await run_in_threadpool(self._problems)
        return JSONResponse(
            {"status": "ok" if not problems else "failing", "problems": problems}, 503 if problems else 200
        )

    def _problems(self) -> list[str]:
        found = []
        try:
            with self.outbox.transaction() as tx:
                tx.execute(sa.select(meta.c.epoch)).scalar_one()
        except sa.exc.SQLAlchemyError as error:
            found.append(f"the ledger does not answer: {type(error).__name__}")
        self.settings.landing_dir.mkdir(parents=True, exist_ok=True)
        if not os.access(self.settings.landing_dir, os.W_OK):
            found.append("the landing folder cannot be written to")
        return found

    async def _robots(self, request: Request) -> Response:
        return PlainTextResponse("User-agent: *\nDisallow: /\n")

    def _logged(self, kind: str, handler: Handler) -> Handler:
        """Every answer gets its headers and one line in the log, and every failure its answer."""

        async def handle(request: Request) -> Response:
            began = time.perf_counter()
            response = await self._answer(kind, handler, request)
            response.headers.update(_HEADERS)
            _LOG.info("%s %s %d %d ms", request.method, kind, response.status_code, (time.perf_counter() - began) * 1e3)
            return response

        return handle

    async def _answer(self, kind: str, handler: Handler, request: Request) -> Response:
        try:
            return await handler(request)
        except (TokenError, Forged, reports.NotSetUp) as wrong:
            client = request.client.host if request.client else ""
            if self._wrong.is_too_much(client):
                answer = self._notice(request, "later", 429) if kind != "events" else Response(status_code=429)
                answer.headers["Retry-After"] = "60"
                return answer
            if isinstance(wrong, reports.NotSetUp):
                _LOG.warning("a report was refused: %s", wrong)
            is_link = isinstance(wrong, TokenError)
            return self._notice(request, "not_ours", 404) if is_link else PlainTextResponse("not genuine\n", 401)
        except Unreadable as error:
            return PlainTextResponse(f"{error}\n", 422)
        except TooLarge:
            return PlainTextResponse("too large\n", 413)
        except (TimeoutError, ClientDisconnect):
            return PlainTextResponse("the request did not come to its end\n", 408)
        except (sa.exc.SQLAlchemyError, duckdb.Error, OSError) as error:
            # Nothing was promised: whoever asked is told to ask again.
            _LOG.error("%s failed: %s", kind, type(error).__name__)
            answer = self._notice(request, "later", 503) if kind != "events" else Response(status_code=503)
            answer.headers["Retry-After"] = "60"
            return answer


_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}


async def _body(request: Request, most: int) -> bytes:
    """The body, up to a limit in size and time. Raises `TooLarge` or `TimeoutError`."""
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
