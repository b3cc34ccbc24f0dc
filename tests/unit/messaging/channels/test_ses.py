"""Amazon SES: a mail goes once, whatever the SDK would rather do."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from assets.messaging.channels.ses import SesChannel
from assets.messaging.states import State
from tests.servers.scripted import Reply, http_server
from tests.unit.messaging.channels.letter import LETTER, MIME


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")


@pytest.mark.usefixtures("credentials")
def test_ses_takes_the_whole_mail_once() -> None:
    """By moto's SES, which nobody here wrote; an unverified sender is the account's trouble, not the message's."""
    with mock_aws():
        boto3.client("sesv2", region_name="eu-north-1").create_email_identity(EmailIdentity="hei@butikk.example")
        [result] = SesChannel("eu-north-1").send([LETTER]).results
    assert (result.state, bool(result.reference)) == (State.ACCEPTED, True)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (Reply(500, {"message": "x"}), State.UNKNOWN),
        (Reply(429, {"message": "x"}, {"x-amzn-errortype": "TooManyRequestsException"}), State.DEFERRED),
        (Reply(400, {"message": "x"}, {"x-amzn-errortype": "MessageRejected"}), State.REJECTED),
        (Reply(400, {"message": "x"}, {"x-amzn-errortype": "SendingPausedException"}), State.DEFERRED),
        (None, State.UNKNOWN),
    ],
    ids=["500", "429", "rejected", "paused", "dropped"],
)
def test_the_sdk_of_ses_asks_once_whatever_comes_back(reply: Reply | None, state: State) -> None:
    """Left to itself it would ask three times: three mails, if the first answer was only lost."""
    with http_server(lambda _: reply) as provider:
        channel = SesChannel("eu-north-1", endpoint_url=f"http://127.0.0.1:{provider.port}")
        [result] = channel.send([LETTER]).results
        assert len(provider.requests) == 1
        assert LETTER.message_id.encode() in provider.requests[0].body
    assert result.state is state


@pytest.mark.usefixtures("credentials")
def test_the_test_of_hidden_retries_sees_the_sdks_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the SDK's default the same fault gives more than one request: the test above can fail."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "3")
    with http_server(lambda _: Reply(500, {"message": "x"})) as provider:
        client = boto3.client("sesv2", region_name="eu-north-1", endpoint_url=f"http://127.0.0.1:{provider.port}")
        with pytest.raises(client.exceptions.ClientError):
            client.send_email(Content={"Raw": {"Data": MIME}})
        assert len(provider.requests) == 3
