"""SMS through a gateway with Twilio's interface: one form a message, our id in the address of the status reports.

There is no idempotency key and no look-up by our id, so an answer that is missing stays missing until a status
report names the message.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from urllib.parse import urlencode

from assets.messaging.channels import Promise
from assets.messaging.channels.http import Endpoint, ask_for
from assets.messaging.channels.messages import Answer, Doubt, Fate, Letter, Result, all_alike
from assets.messaging.states import State


class TwilioChannel:
    """One account. `report_url` makes the address that status reports of a message go to."""

    def __init__(
        self,
        endpoint: Endpoint,
        account: str,
        token: str,
        *,
        report_url: Callable[[str], str] | None = None,
        rate: float | None = None,
    ) -> None:
        self._endpoint, self._account, self._report_url = endpoint, account, report_url
        self._credentials = base64.b64encode(f"{account}:{token}".encode()).decode()
        self.promise = Promise.one_by_one("twilio", rate=rate)

    def send(self, letters: Sequence[Letter]) -> Answer:
        [letter] = letters
        form = {"To": letter.address, "From": letter.record["sender"], "Body": letter.record["text"]}
        if self._report_url:
            form["StatusCallback"] = self._report_url(letter.message_id)
        headers = {
            "Authorization": f"Basic {self._credentials}",
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        target = f"/2010-04-01/Accounts/{self._account}/Messages.json"
        response = ask_for(letters, self._endpoint, "POST", target, headers, urlencode(form).encode())
        if isinstance(response, Answer):
            return response
        try:
            reference = str(json.loads(response.body)["sid"])
        except (ValueError, KeyError, TypeError):
            return all_alike(letters, State.UNKNOWN, "an answer without a sid")
        return Answer((Result(letter.message_id, State.ACCEPTED, reference),))

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        return {}
