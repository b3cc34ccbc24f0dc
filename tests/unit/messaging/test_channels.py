"""Channels: how they are named in the environment, what they promise, SES, files elsewhere, and a relay's log."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import fsspec
import pytest
from moto import mock_aws

from assets.messaging.channels import configured
from assets.messaging.channels.addresses import AddressError, parse
from assets.messaging.channels.http import Response, judge_status, retry_after
from assets.messaging.channels.messages import Doubt, Fate, Letter
from assets.messaging.channels.postfix_log import PostfixLog
from assets.messaging.channels.remote_files import RemoteFileChannel
from assets.messaging.channels.ses import SesChannel
from assets.messaging.channels.signed_http import SignedHttpChannel
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.manifest import SUFFIX
from assets.messaging.reconcile import reconcile
from assets.messaging.states import State
from orchestration.settings import Settings, SettingsError
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.servers.scripted import Reply, http_server

NOW = datetime(2026, 11, 20, 10, tzinfo=UTC)
MIME = b"From: hei@butikk.example\r\nTo: kari@kunde.example\r\nSubject: x\r\n\r\nhei\r\n"
LETTER = Letter("0" * 32, {"address": "kari@kunde.example"}, MIME, "h", "Europe/Oslo")


# --- addresses -------------------------------------------------------------------------------------------


def test_an_address_names_server_secret_and_options() -> None:
    """Percent-encoded secrets come out as they are, and stay out of the repr."""
    found = parse("email", "smtp://relay:p%40ss@mail.example:2525?rate=50&return_path=b%2B{id}@post.example")
    assert (found.host, found.port, found.user, found.password) == ("mail.example", 2525, "relay", "p@ss")
    assert found.number("rate") == 50
    assert found.options["return_path"] == "b+{id}@post.example"
    assert "p@ss" not in repr(found)


@pytest.mark.parametrize(
    ("channel", "text", "why"),
    [
        ("email", "mail.example:25", "neither"),
        ("email", "ftp://mail.example", "is none of"),
        ("email", "kannel://gateway.example", "cannot carry email"),
        ("sms", "smtp://mail.example", "cannot carry sms"),
        ("email", "smtp://mail.example?speed=1", "no option speed"),
        ("email", "smtp://mail.example?rate=fast", "number above 0"),
        ("email", "smtp://", "names no host"),
        ("email", "smtp://mail.example:x", "is no address"),
        ("email", "http://api.example/send", "without TLS"),
        ("email", "smtp://user:secret@mail.example?tls=none", "without TLS"),
    ],
)
def test_an_address_that_cannot_be_used_says_why_and_not_what_it_was(channel: str, text: str, why: str) -> None:
    """It may hold a password, and the sentence ends in a log."""
    with pytest.raises(AddressError, match=why) as caught:
        parse(channel, text)
    assert "secret" not in str(caught.value)


def test_both_wrong_addresses_are_named_at_once(tmp_path: Path) -> None:
    """One start, one list."""
    wrong = kit.settings(tmp_path, email_via="ftp://a", sms_via="smtp://b")
    with pytest.raises(SettingsError, match=r"(?s)FREDNING_EMAIL_VIA .*FREDNING_SMS_VIA ") as caught:
        configured.one_by_one(wrong)
    assert "ftp://a" not in str(caught.value)


@pytest.mark.parametrize(
    ("channel", "text", "name", "can_lookup"),
    [
        ("email", "smtp://127.0.0.1:25?tls=none", "smtp", False),
        ("email", "smtp://127.0.0.1:25?tls=none&log=/var/log/mail.log", "smtp", True),
        ("email", "https://:whsec_c2VjcmV0@api.example/send", "http", False),
        ("email", "ses://eu-north-1", "ses", False),
        ("sms", "twilio://AC1:token@api.twilio.com", "twilio", False),
        ("sms", "kannel://u:p@127.0.0.1:13013?log=/var/log/kannel/access.log&admin_port=13000", "kannel", True),
    ],
)
def test_every_kind_of_channel_opens_and_says_what_it_promises(
    tmp_path: Path, channel: str, text: str, name: str, can_lookup: bool
) -> None:
    """Opening connects to nothing; only a log of one's own server proves that something is absent."""
    setting = kit.settings(tmp_path, **{f"{channel}_via": text})
    promise = configured.message_channels(setting)[channel].promise
    assert (promise.name, promise.can_lookup, promise.proves_absence) == (name, can_lookup, can_lookup)


def test_an_idempotency_time_is_for_single_messages_only() -> None:
    """A request of several cannot be made again as it was once one of them has been answered."""
    with pytest.raises(ValueError, match="max_batch=1"):
        SignedHttpChannel(None, "/", b"", max_batch=2, idempotency_ttl=timedelta(hours=1))  # type: ignore[arg-type]


# --- answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        ("Fri, 20 Nov 2026 10:02:00 GMT", 120),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0),
        ("99999999999", 21_600),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value: str, seconds: int | None) -> None:
    """A nonsensical wait is no wait, an endless one has an end."""
    found = retry_after({"retry-after": value}, NOW)
    assert found == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("status", "state"),
    [(401, State.DEFERRED), (429, State.DEFERRED), (503, State.DEFERRED), (422, State.REJECTED), (500, State.UNKNOWN)],
)
def test_a_status_means_what_it_can_prove(status: int, state: State) -> None:
    """A wrong password is not the message's fault; a broken gateway may have passed it on."""
    answer = judge_status([LETTER], Response(status, {}, b""), NOW)
    assert answer is not None
    assert answer.results[0].state is state


# --- SES -----------------------------------------------------------------------------------------------------


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


# --- files elsewhere -------------------------------------------------------------------------------------------


@pytest.fixture
def bucket() -> Iterator[str]:
    files = fsspec.filesystem("memory")
    yield "memory://bucket/outbox"
    if files.exists("/bucket"):
        files.rm("/bucket", recursive=True)


def remote(setting: Settings, url: str) -> RemoteFileChannel:
    return RemoteFileChannel(url, setting.outbox_dir, setting.home / "staging")


def test_files_go_elsewhere_under_the_same_names_and_the_manifest_last(tmp_path: Path, bucket: str) -> None:
    """The collector's rule is the same: what no manifest names is not there. Mails do not stay on this disk."""
    setting = kit.settings(tmp_path)
    with open_ledger(setting) as outbox:
        work = hand_off(setting, outbox, ListContent([row(n) for n in range(4)]))
        work.channel = remote(setting, bucket)
        seen: dict[str, list[str]] = {}
        work.failpoint = lambda point: seen.update({point: fsspec.filesystem("memory").find("/bucket")})
        assert work.run().n_accepted == 4
    assert any(name.endswith(".zst") for name in seen["revealed"])
    assert not any(name.endswith(SUFFIX) for name in seen["revealed"])
    assert any(name.endswith(SUFFIX) for name in seen["manifested"])
    assert [path.suffix for path in setting.outbox_dir.rglob("*") if path.is_file()] == [".json"]


@pytest.mark.parametrize(("point", "n_again"), [("intended", 4), ("revealed", 0), ("manifested", 0)])
def test_after_a_crash_the_other_side_is_looked_at(tmp_path: Path, bucket: str, point: str, n_again: int) -> None:
    """What lies there was handed off; what does not, was not, once its writer is gone."""
    setting = kit.settings(tmp_path)
    with open_ledger(setting) as outbox:

        def die(name: str) -> None:
            if name == point:
                raise SystemExit

        work = hand_off(setting, outbox, ListContent([row(n) for n in range(4)]), failpoint=die)
        work.channel = remote(setting, bucket)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(work), "_undo", lambda *_: None)
            with pytest.raises(SystemExit):
                work.run()
        found = reconcile(outbox, remote(setting, bucket), kit.SIX, senders_are_gone=True)
        assert (found.accepted, found.deferred) == (4 - n_again, n_again)


# --- the log of Postfix --------------------------------------------------------------------------------------------

_LOG = """\
Nov 20 09:00:00 relay postfix/smtpd[7]: connect from localhost[127.0.0.1]
Nov 20 09:00:00 relay postfix/smtpd[7]: AAA: client=localhost[127.0.0.1]
Nov 20 09:00:00 relay postfix/cleanup[8]: AAA: message-id=<taken@x>
Nov 20 09:00:00 relay postfix/qmgr[9]: AAA: from=<a@b.example>, size=258, nrcpt=1 (queue active)
Nov 20 09:00:00 relay postfix/smtpd[7]: AAA: client=localhost[127.0.0.1]
Nov 20 09:00:00 relay postfix/cleanup[8]: AAA: message-id=<cut@x>
Nov 20 09:00:01 relay postfix/smtpd[7]: lost connection after DATA (60028 bytes) from localhost[127.0.0.1]
Nov 20 09:00:01 relay postfix/smtpd[7]: BBB: client=localhost[127.0.0.1]
Nov 20 09:00:01 relay postfix/cleanup[8]: BBB: message-id=<underway@x>
"""


def test_the_log_says_taken_cut_off_or_under_way(tmp_path: Path) -> None:
    """A queue id that was given away again speaks for its last mail; a mail under way is not absent."""
    path = tmp_path / "mail.log"
    local = datetime(2026, 11, 20, 9, tzinfo=datetime.now().astimezone().tzinfo)
    path.write_text(_LOG)
    names = ("taken", "cut", "underway", "never")
    doubts = [Doubt(name, local.astimezone(UTC)) for name in names]
    log = PostfixLog(path, timedelta(seconds=30))
    at_once = log.look_up(doubts, local + timedelta(seconds=2))
    assert at_once == {"taken": Fate.ACCEPTED}, "the log may still be behind"
    settled = log.look_up(doubts, local + timedelta(minutes=5))
    assert settled == {"taken": Fate.ACCEPTED, "cut": Fate.ABSENT, "never": Fate.ABSENT}


def test_a_log_that_begins_after_the_attempt_proves_nothing(tmp_path: Path) -> None:
    """It was rotated away, or belongs to another server."""
    path = tmp_path / "mail.log"
    path.write_text(_LOG)
    earlier = datetime(2026, 11, 20, 8, tzinfo=datetime.now().astimezone().tzinfo)
    assert PostfixLog(path).look_up([Doubt("never", earlier)], earlier + timedelta(hours=3)) == {}
