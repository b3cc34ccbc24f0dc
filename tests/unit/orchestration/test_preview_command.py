"""`fredning preview`: over real sockets to a seed list and nobody else, and files where there is no server."""

from __future__ import annotations

import logging
import re
from email import message_from_bytes, policy
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from assets.messaging.approvals import stop_everything
from assets.messaging.keys import is_of_a_test
from assets.messaging.ledger_guard import open_ledger
from assets.messaging.ledger_views import count_by_state, list_batches
from assets.messaging.seeds import run
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.by_provider import opt_out
from tests.faults.kit import ListContent, hand_off, row
from tests.servers import wait_for
from tests.servers.postfix import running_postfix
from tests.servers.scripted import Reply, SmtpServer, http_server, smtp_server
from tests.unit.messaging.template_root import change, copy_of_templates
from tests.unit.messaging.test_shop_goods import product, publish
from tests.unit.orchestration.command_line import Shell

SEEDS = ("kari.canary@butikk.example", "ola.canary@butikk.example", "+4740000001")
SENDER = "hei@post.shop.example"
ONE = ("preview", "--to-seeds", "--journey", "cart_abandoned", "--step", "reminder", "--language", "nb")


@pytest.fixture
def home(shell: Shell) -> Settings:
    shell.set(SECRET_KEY=kit.SECRET, SEED_LIST=", ".join(SEEDS), EMAIL_VIA="file", SMS_VIA="file")
    return kit.settings(shell.home)


def by(server: SmtpServer) -> str:
    return f"smtp://127.0.0.1:{server.port}?tls=none"


def filed(home: Settings) -> list[Path]:
    return sorted(home.seed_previews_dir.glob("*/*/*"))


def names_nobody(said: str) -> bool:
    return not any(word in said for word in ("canary", "butikk.example", "40000001"))


def test_seeds_get_mails_by_smtp_and_sms_by_the_gateway_and_nobody_else_gets_anything(
    shell: Shell, home: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """What comes over the wire: recipients of the list, marked subjects, sample customers."""
    caplog.set_level(logging.DEBUG)
    accepted = Reply(202, b"0: Accepted for delivery")
    with smtp_server(lambda _: None) as mails, http_server(lambda _: accepted) as gateway:
        shell.set(EMAIL_VIA=by(mails), SMS_VIA=f"kannel://user:secret@127.0.0.1:{gateway.port}")
        said = shell.run(*ONE)
    assert sorted(mails.recipients) == sorted(SEEDS[:2])
    parsed = [message_from_bytes(mail, policy=policy.default) for mail in mails.mails]
    assert sorted(mail["To"] for mail in parsed) == sorted(SEEDS[:2])
    assert len({mail["Message-ID"] for mail in parsed}) == 2
    assert all(mail["Subject"].startswith("[Test] ") for mail in parsed)
    [request] = gateway.requests
    sent = parse_qs(urlsplit(request.path).query) | parse_qs(request.body.decode())
    assert sent["to"] == [SEEDS[2]]
    assert "email: 2 of 2 messages accepted." in said
    assert "sms: 1 of 1 messages accepted." in said
    assert names_nobody(said + caplog.text)
    assert not filed(home)
    with open_ledger(home) as outbox:
        assert not count_by_state(outbox)
        assert not list_batches(outbox)


@pytest.mark.slow
def test_a_real_mail_server_takes_every_test_as_it_is(shell: Shell, home: Settings) -> None:
    """Counted in its own log, by our ids: one for each seed and sample."""
    with running_postfix() as server:
        shell.set(EMAIL_VIA=f"smtp://127.0.0.1:{server.port}?tls=none")
        said = shell.run("preview", "--to-seeds", "--journey", "post_purchase_coffee", "--language", "sv")
        wait_for(lambda: server.received().total() == 16, 30, "the server delivers what it took")
        received, log = server.received(), server.log.read_text()
    assert "email: 16 of 16 messages accepted." in said
    assert set(received.values()) == {1}
    assert all(is_of_a_test(message_id) for message_id in received)
    assert set(re.findall(r"to=<([^>]*)>", log)) == set(SEEDS[:2])


def test_without_a_server_they_become_files_that_nobody_collects(shell: Shell, home: Settings) -> None:
    """The default sends nothing, and says so."""
    said = shell.run(*ONE)
    assert [path.name.removeprefix("cart_abandoned-reminder-") for path in filed(home)] == [
        "email-nb.seed1.eml",
        "email-nb.seed2.eml",
        "sms-nb.seed3.txt",
    ]
    assert str(filed(home)[0].parent) in said.replace("\n", "")
    assert "no server is named by FREDNING_EMAIL_VIA or FREDNING_SMS_VIA" in said
    assert not home.outbox_dir.exists()
    assert names_nobody(said)


def test_files_to_look_at_need_neither_list_nor_ledger(shell: Shell, home: Settings) -> None:
    """Somebody who writes a template looks at it in a real mail program at once."""
    shell.set(SEED_LIST="")
    shell.run("preview", "--journey", "welcome", "--language", "nb", "--step", "hello")
    [mail] = filed(home)
    assert message_from_bytes(mail.read_bytes(), policy=policy.default)["Subject"].startswith("[Test] ")
    assert not home.ledger_path.exists()


def test_the_shops_own_products_are_shown_and_invented_ones_admitted(shell: Shell, home: Settings) -> None:
    """Pictures and links are half of what one looks at."""
    assert "products in them are invented" in shell.run(*ONE, "--channel", "email")
    publish(home, [product("p1", title="Havregryn 1 kg")])
    assert "invented" not in shell.run(*ONE, "--channel", "email")
    mail = message_from_bytes(filed(home)[-1].read_bytes(), policy=policy.default)
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Havregryn" in text.get_content()
    assert "https://shop.example/p/p1" in text.get_content()


def test_a_refusal_is_counted_by_its_code_and_ends_with_1(shell: Shell, home: Settings) -> None:
    """Numbers and codes; which address it was, the server's own log says."""
    with smtp_server(lambda verb: "550 no such user" if verb == "RCPT" else None) as server:
        shell.set(EMAIL_VIA=by(server))
        said = shell.run(*ONE, "--channel", "email", code=1)
    assert "email: 0 of 2 messages accepted." in said
    assert "2 refused: SMTP 550" in said
    assert names_nobody(said)


def test_a_stop_holds_for_tests_too(shell: Shell, home: Settings) -> None:
    """By a person in the ledger, or by the environment; and also where only files would be written."""
    with open_ledger(home) as outbox:
        stop_everything(outbox, "kari", kit.SIX)
    with smtp_server(lambda _: None) as server:
        shell.set(EMAIL_VIA=by(server))
        assert "Everything is stopped" in shell.refuses(*ONE)
        shell.run("outbox", "resume")
        shell.set(KILL_SWITCH="on")
        assert "Everything is stopped" in shell.refuses(*ONE)
        shell.set(EMAIL_VIA="file")
        assert "Everything is stopped" in shell.refuses(*ONE)
        assert server.connections == 0
    assert not filed(home)


def test_each_call_is_a_new_test(shell: Shell, home: Settings) -> None:
    """After a change of a text one looks again, on the same day."""
    with smtp_server(lambda _: None) as server:
        shell.set(EMAIL_VIA=by(server))
        for _ in range(2):
            shell.run(*ONE, "--channel", "email")
    ids = {message_from_bytes(mail)["Message-ID"] for mail in server.mails}
    assert (len(server.mails), len(ids)) == (4, 4)


def test_a_list_that_cannot_be_used_stops_everything_before_anything_is_sent(shell: Shell, home: Settings) -> None:
    """Half a list would look like a whole one."""
    with smtp_server(lambda _: None) as server:
        shell.set(EMAIL_VIA=by(server), SEED_LIST=f"{SEEDS[0]}, nobody.canary, canary@")
        said = shell.refuses(*ONE)
        shell.set(SEED_LIST="")
        assert "FREDNING_SEED_LIST is not set" in shell.refuses(*ONE)
        assert server.connections == 0
    assert re.findall(r"entry (\d)", said) == ["2", "3"]
    assert names_nobody(said)


def test_a_channel_without_anybody_in_the_list_is_left_out_aloud(shell: Shell, home: Settings) -> None:
    """Nobody should wait for an SMS that has nobody to go to; and where nothing is left, nothing is well."""
    shell.set(SEED_LIST=SEEDS[0])
    assert "sms: left out, FREDNING_SEED_LIST names no mobile number." in shell.run(*ONE)
    assert "names no mobile number" in shell.run(*ONE, "--channel", "sms", code=1)


def test_a_sample_that_cannot_be_written_is_named_and_the_others_arrive(
    shell: Shell, home: Settings, tmp_path: Path
) -> None:
    """A text that grew too long is found here at the latest; it must not end the test of everything else."""
    root = copy_of_templates(tmp_path)
    change(root / "brand.yml", "max_segments: 3", "max_segments: 1")
    shell.set(TEMPLATES=str(root))
    for call in (ONE, ("preview", *ONE[2:])):
        said = shell.run(*call, code=1)
        assert re.search(r"cart_abandoned-reminder-sms-nb cannot be written: the SMS needs \d segments", said)
    assert {path.suffix for path in filed(home)} == {".eml"}


def test_hundreds_of_messages_are_sent_only_when_asked_for(
    shell: Shell, home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything that an installation knows, in every language, is what nobody means."""
    monkeypatch.setattr(run, "MANY", 1)
    with smtp_server(lambda _: None) as server:
        shell.set(EMAIL_VIA=by(server))
        assert "These would be 2 messages" in shell.refuses(*ONE)
        assert server.connections == 0
        shell.run(*ONE, "--all")
        assert len(server.mails) == 2


def test_what_waits_for_approval_is_what_is_looked_at(shell: Shell, home: Settings) -> None:
    """Samples of the kinds that wait, of that day and no other; what has left, and the approval, is not touched."""
    assert "There is no outbox ledger" in shell.refuses("preview", "--waiting")
    manual = kit.settings(shell.home, approval="manual")
    waits = ListContent([row(0, journey="welcome", step="hello", language="sv")])
    with open_ledger(home) as outbox:
        hand_off(home, outbox, ListContent([row(1, journey="birthday", step="congratulations")])).run()
        hand_off(manual, outbox, waits).run()
        before = list_batches(outbox)
        shell.run("preview", "--to-seeds", "--waiting", "--date", kit.RUN_DATE)
        assert {path.name.partition(".")[0] for path in filed(home)} == {"welcome-hello-email-sv"}
        assert list_batches(outbox) == before
    assert "No batch waits." in shell.run("preview", "--waiting", "--date", "2026-11-21")
    assert "--waiting" in shell.run("preview", "--date", kit.RUN_DATE, code=2)
    said = shell.run("outbox", "batches", "--waiting")
    assert "fredning preview --to-seeds --waiting" in said


def test_an_erased_or_bouncing_seed_is_named_by_its_position(shell: Shell, home: Settings) -> None:
    """Nothing leaves for an address that may get nothing; the others get their tests."""
    with open_ledger(home) as outbox:
        opt_out(outbox, {"channel": "email", "address": SEEDS[1]}, "hard_bounce")
    with smtp_server(lambda _: None) as server:
        shell.set(EMAIL_VIA=by(server))
        said = shell.run(*ONE, "--channel", "email", code=1)
        assert server.recipients == [SEEDS[0]]
    assert "Entry 2 of FREDNING_SEED_LIST gets nothing" in said
    assert names_nobody(said)
    assert "Entry" not in shell.run(*ONE, "--channel", "sms")
