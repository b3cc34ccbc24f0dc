"""Mails through Amazon SES, one call each, our id as a tag that comes back with every event.

The SDK's retries are off: its default made three accepted copies out of one send. SES knows no idempotency and
no look-up, so an answer that is missing stays missing until an event names the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from assets.messaging.channels import Promise
from assets.messaging.channels.messages import Answer, Doubt, Fate, Letter, Result, all_alike
from assets.messaging.states import State

TAG = "fredning_message_id"
_PAUSE = timedelta(seconds=5)
_LONG_PAUSE = timedelta(minutes=15)
_BUSY = frozenset({"TooManyRequestsException", "ThrottlingException", "Throttling"})
# The account's trouble, not the message's: nobody's mail is given up for it.
_ACCOUNT = frozenset(
    {
        *("LimitExceededException", "AccountSuspendedException", "SendingPausedException"),
        *("MailFromDomainNotVerifiedException", "UnrecognizedClientException", "InvalidClientTokenId"),
        *("AccessDeniedException", "ExpiredTokenException", "SignatureDoesNotMatch"),
    }
)


class SesChannel:
    """One region. Credentials come from the SDK's own chain (environment, profile, role)."""

    def __init__(
        self,
        region: str,
        *,
        configuration_set: str | None = None,
        endpoint_url: str | None = None,
        rate: float | None = None,
    ) -> None:
        import boto3
        from botocore.config import Config

        once = Config(
            region_name=region,
            retries={"total_max_attempts": 1, "mode": "standard"},
            connect_timeout=10,
            read_timeout=30,
        )
        self._client: Any = boto3.client("sesv2", config=once, endpoint_url=endpoint_url)
        self._configuration_set = configuration_set
        self.promise = Promise.one_by_one("ses", rate=rate)

    def send(self, letters: Sequence[Letter]) -> Answer:
        from botocore import exceptions

        [letter] = letters
        asked: dict[str, Any] = {
            "Content": {"Raw": {"Data": letter.mime}},
            "Destination": {"ToAddresses": [letter.address]},
            "EmailTags": [{"Name": TAG, "Value": letter.message_id}],
        }
        if self._configuration_set:
            asked["ConfigurationSetName"] = self._configuration_set
        try:
            reference = str(self._client.send_email(**asked)["MessageId"])
        except exceptions.ClientError as error:
            return _judge(letters, error.response)
        except (
            exceptions.EndpointConnectionError,
            exceptions.ConnectTimeoutError,
            exceptions.NoCredentialsError,
            exceptions.ProxyConnectionError,
        ) as error:
            return all_alike(letters, State.DEFERRED, type(error).__name__, _LONG_PAUSE)
        except exceptions.BotoCoreError as error:
            return all_alike(letters, State.UNKNOWN, type(error).__name__)
        return Answer((Result(letter.message_id, State.ACCEPTED, reference),))

    def look_up(self, doubts: Sequence[Doubt], now: datetime) -> dict[str, Fate]:
        return {}


def _judge(letters: Sequence[Letter], response: Any) -> Answer:
    code = str(response.get("Error", {}).get("Code", ""))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _BUSY or status == 429:
        return all_alike(letters, State.DEFERRED, code, _PAUSE)
    if code in _ACCOUNT or status in (401, 403):
        return all_alike(letters, State.DEFERRED, code, _LONG_PAUSE)
    if 400 <= status < 500:
        return all_alike(letters, State.REJECTED, code)
    return all_alike(letters, State.UNKNOWN, code or f"HTTP {status}")
