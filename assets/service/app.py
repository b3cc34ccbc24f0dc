"""The HTTP service: one-click unsubscribe and preferences for people, webhooks for providers, health for machines.

Here stand its addresses and what answers them. GET and HEAD never change anything; only the gateway style `kannel`,
which can do nothing else, reports by GET at an address that only we could have made.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from assets.messaging.ledger import meta
from assets.messaging.outbox import Outbox
from assets.messaging.policy_schema import Brand
from assets.messaging.webhooks import Call, intake
from assets.service import reports
from assets.service.bounds import Bounds, body
from assets.service.pages import Pages
from assets.service.people import People
from orchestration.settings import Settings

_REPORT_BYTES = 1_048_576


class Service:
    """The handlers, with everything they depend on given from outside."""

    def __init__(
        self, settings: Settings, outbox: Outbox, brand: Brand, now: Callable[[], datetime] | None = None
    ) -> None:
        self.settings, self.outbox, self.pages = settings, outbox, Pages(brand)
        self.now = now or (lambda: datetime.now(UTC))
        self.people = People(settings, outbox, self.pages, self.now)

    def app(self) -> Starlette:
        """The ASGI application."""
        people, around = self.people, Bounds(self.people.notice).around
        twilio, kannel = (around("events", told, is_machine=True) for told in (self.twilio, self.kannel))
        app = Starlette(
            routes=[
                Route("/u/{token}", around("page", people.page), methods=["GET"]),
                Route("/u/{token}", around("unsubscribe", people.unsubscribe), methods=["POST"]),
                Route("/u/{token}/wishes", around("wishes", people.wishes), methods=["POST"]),
                Route("/events/{style}", around("events", self.events, is_machine=True), methods=["POST"]),
                Route("/events/twilio/{report}", twilio, methods=["POST"]),
                Route("/events/kannel/{report}", kannel, methods=["GET", "POST"]),
                Route("/health", around("health", self.health), methods=["GET"]),
                Route("/robots.txt", self._robots, methods=["GET"]),
            ]
        )
        # A mail program must not be sent elsewhere (RFC 8058), not even for a slash.
        app.router.redirect_slashes = False
        return app

    async def events(self, request: Request) -> Response:
        """Reports of the styles that one address serves."""
        if request.path_params["style"] not in ("signed", "ses"):
            return PlainTextResponse("there is no such style of events\n", 404)
        return await self._taken_in(request, request.path_params["style"])

    async def twilio(self, request: Request) -> Response:
        """Reports of Twilio, at an address of each message."""
        return await self._taken_in(request, "twilio")

    async def kannel(self, request: Request) -> Response:
        """Reports of Kannel, at an address of each message."""
        return await self._taken_in(request, "kannel")

    async def _taken_in(self, request: Request, style: str) -> Response:
        content = await body(request, _REPORT_BYTES)
        # Providers sign the address as they were told it, which is not the one behind a proxy.
        query = f"?{request.url.query}" if request.url.query else ""
        call = Call(f"{self.settings.public_url}{request.url.path}{query}", dict(request.headers), content)
        await run_in_threadpool(self._take_in, style, call)
        return Response(status_code=204)

    def _take_in(self, style: str, call: Call) -> None:
        now = self.now()
        rows = reports.rows_of(self.settings, style, call, now)
        rows = reports.with_addresses(self.settings, self.outbox, rows)
        intake.take_in(self.settings, self.outbox, rows, now.astimezone(self.settings.zone).date())

    async def health(self, request: Request) -> Response:
        """200 when an opt-out could be recorded now, else 503 with what stands in the way."""
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
