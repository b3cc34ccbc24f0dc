"""Messages by signed HTTP: several to a request, answered one by one; for providers and gateways of one's own.

The request is JSON, signed as the Standard Webhooks specification has it (webhook-id, -timestamp, -signature):

    {"messages": [{"message_id": …, "channel": …, "address": …, "mime": base64 | "text": …, "sender": …}, …]}

The answer to 200 or 207 names every message: {"results": [{"message_id": …, "status": "accepted" | "rejected" |
"deferred", "reference": …, "code": …}, …]}. A message that the answer leaves out is in doubt.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from assets.messaging import signatures
from assets.messaging.channels import Promise
from assets.messaging.channels.http import Endpoint, ask_for, retry_after
from assets.messaging.channels.messages import Answer, Doubt, Fate, Letter, Result
from assets.messaging.keys import request_hash
from assets.messaging.states import State

_STATUS = {"accepted": State.ACCEPTED, "rejected": State.REJECTED, "deferred": State.DEFERRED}
_SENT_AS_THEY_ARE = ("message_id", "channel", "address", "class", "journey", "step", "unsubscribe_link")
_CODE_LENGTH = 64


class SignedHttpChannel:
    """One endpoint. With an idempotency time the provider promises to take one request id once within it."""

    def __init__(
        self,
        endpoint: Endpoint,
        target: str,
        secret: bytes,
        *,
        max_batch: int = 100,
        idempotency_ttl: timedelta | None = None,
        rate: float | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        if idempotency_ttl is not None and max_batch != 1:
            raise ValueError("an idempotency time needs max_batch=1: only then is a second request the same")
        self._endpoint, self._target, self._secret, self._now = endpoint, target, secret, now
        self.promise = Promise("http", max_batch, idempotency_ttl, can_lookup=False, proves_absence=False, rate=rate)

    def send(self, letters: Sequence[Letter]) -> Answer:
        body = json.dumps({"messages": [_item(letter) for letter in letters]}, separators=(",", ":")).encode()
        request_id = letters[0].message_id if len(letters) == 1 else request_hash(body)[:32]
        headers = signatures.sign(self._secret, request_id, body, self._now()) | {
            "Content-Type": "application/json",
            "Idempotency-Key": request_id,
        }
        response = ask_for(letters, self._endpoint, "POST", self._target, headers, body, now=self._now)
        if isinstance(response, Answer):
            return response
        return Answer(_results(letters, response.body), retry_after(response.headers, self._now()))

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        return {}


def _item(letter: Letter) -> dict[str, Any]:
    item = {name: letter.record.get(name) for name in _SENT_AS_THEY_ARE}
    if letter.mime is not None:
        return item | {"mime": base64.b64encode(letter.mime).decode()}
    return item | {name: letter.record.get(name) for name in ("sender", "text", "encoding", "segments")}


def _results(letters: Sequence[Letter], body: bytes) -> tuple[Result, ...]:
    """Each message's own result; anything that is not clearly said is UNKNOWN."""
    said: dict[str, Mapping[str, Any]] = {}
    try:
        for one in json.loads(body)["results"]:
            said[str(one["message_id"])] = one
    except (ValueError, KeyError, TypeError):
        said = {}
    found = []
    for letter in letters:
        one = said.get(letter.message_id, {})
        state = _STATUS.get(str(one.get("status")), State.UNKNOWN)
        code = str(one["code"])[:_CODE_LENGTH] if one.get("code") else None
        error = code if state is not State.UNKNOWN else "the answer says nothing of it"
        reference = str(one["reference"]) if one.get("reference") else None
        found.append(Result(letter.message_id, state, reference, error))
    return tuple(found)
