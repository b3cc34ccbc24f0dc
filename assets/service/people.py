"""What a person reaches by the link in a message: the preference page, one click, and wishes.

GET and HEAD show and never change (link scanners follow every link). No cookies, no redirects.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from assets.messaging.outbox import Outbox
from assets.service import forms, obey
from assets.service.bounds import body
from assets.service.pages import Pages
from assets.service.recipients import Recipient, recipient_of
from assets.service.throttle import Throttle
from orchestration.settings import Settings

_FORM_BYTES = 8_192
# What one link may ask for in a minute.
_ASKED_A_MINUTE = 20


class People:
    """The handlers of `/u/{token}`."""

    def __init__(self, settings: Settings, outbox: Outbox, pages: Pages, now: Callable[[], datetime]) -> None:
        self._settings, self._outbox, self._pages, self._now = settings, outbox, pages, now
        self._asked = Throttle(_ASKED_A_MINUTE)

    async def page(self, request: Request) -> Response:
        """The preference page as things stand."""
        recipient = await run_in_threadpool(self._recipient, request)
        return await run_in_threadpool(self._shown, request, recipient)

    async def unsubscribe(self, request: Request) -> Response:
        """RFC 8058's one click."""
        recipient = await run_in_threadpool(self._recipient, request)
        pairs = forms.fields(request.headers.get("content-type", ""), await body(request, _FORM_BYTES))
        if not forms.is_one_click(pairs):
            return await run_in_threadpool(self._shown, request, recipient, "wrong_form", 400)
        if declined := self._declined(request, recipient):
            return declined
        await run_in_threadpool(obey.opt_out, self._settings, self._outbox, recipient, self._now())
        return await run_in_threadpool(self._shown, request, recipient, "done_unsubscribed")

    async def wishes(self, request: Request) -> Response:
        """Topics, frequency and a pause, as the page's form sends them."""
        recipient = await run_in_threadpool(self._recipient, request)
        pairs = forms.fields(request.headers.get("content-type", ""), await body(request, _FORM_BYTES))
        if declined := self._declined(request, recipient):
            return declined
        now = self._now()
        try:
            asked = forms.wishes_of(pairs, now.astimezone(self._settings.zone).date())
        except forms.Mistaken as mistake:
            return await run_in_threadpool(self._shown, request, recipient, str(mistake), 400)
        await run_in_threadpool(obey.wish, self._settings, self._outbox, recipient, asked, now)
        return await run_in_threadpool(self._shown, request, recipient, "done_saved")

    def notice(self, request: Request, said: str, status: int) -> Response:
        """A page of one sentence."""
        return self._html(self._pages.notice(self._language(request, None), said, is_wrong=status >= 400), status)

    def _recipient(self, request: Request) -> Recipient:
        return recipient_of(self._settings, self._outbox, request.path_params["token"])

    def _declined(self, request: Request, recipient: Recipient) -> Response | None:
        if self._asked.is_too_much(recipient.message_id):
            return self.notice(request, "later", 429)
        if recipient.is_forgotten:
            return self._about_nobody(request, recipient, 200)
        return None

    def _about_nobody(self, request: Request, recipient: Recipient, status: int) -> Response:
        return self.notice(request, "test" if recipient.is_of_a_test else "nobody", status)

    def _shown(self, request: Request, recipient: Recipient, said: str | None = None, status: int = 200) -> Response:
        if recipient.is_forgotten:
            return self._about_nobody(request, recipient, status)
        standing = obey.standing(self._settings, self._outbox, recipient)
        html = self._pages.preferences(
            f"/u/{request.path_params['token']}",
            self._language(request, recipient.language),
            recipient,
            standing,
            self._now().astimezone(self._settings.zone).date(),
            said=said,
            is_wrong=status >= 400,
        )
        return self._html(html, status)

    def _language(self, request: Request, customer: str | None) -> str:
        accepted = request.headers.get("accept-language", "")
        return self._pages.language(request.query_params.get("lang"), accepted, customer)

    def _html(self, html: str, status: int) -> Response:
        return Response(html, status, {"Content-Security-Policy": self._pages.policy}, "text/html; charset=utf-8")
