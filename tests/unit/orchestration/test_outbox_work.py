"""`fredning outbox work` and `dead-letters`: sending one by one from a shell."""

from __future__ import annotations

from datetime import timedelta

import pytest

from assets.messaging.ledger_guard import open_ledger
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, row
from tests.faults.one_by_one import release
from tests.servers.scripted import smtp_server
from tests.unit.orchestration.command_line import Shell

MAILS = ListContent([row(n) for n in range(3)])


@pytest.fixture
def home(shell: Shell) -> Settings:
    shell.set(CLOCK="run_date", SECRET_KEY=kit.SECRET)
    return kit.settings(shell.home)


def release_all(home: Settings) -> None:
    with open_ledger(home) as outbox:
        release(home, outbox, MAILS)


def test_released_mails_leave_by_the_server_that_the_environment_names(shell: Shell, home: Settings) -> None:
    """One variable and one command; what was sent is said in numbers, and a second time there is nothing to do."""
    release_all(home)
    with smtp_server(lambda _: None) as server:
        shell.set(EMAIL_VIA=f"smtp://127.0.0.1:{server.port}?tls=none")
        said = shell.run("outbox", "work", "--once", "--date", kit.RUN_DATE)
        again = shell.run("outbox", "work", "--once", "--date", kit.RUN_DATE)
        assert len(server.mails) == 3
    assert "3 ACCEPTED" in said
    assert "ACCEPTED" not in again
    assert kit.CANARY not in said
    assert "There are no dead letters." in shell.run("outbox", "dead-letters")


def test_what_the_server_refuses_is_listed_by_its_error(shell: Shell, home: Settings) -> None:
    """A person sees how many, why, and one id to look at; never an address."""
    release_all(home)
    with smtp_server(lambda verb: "550 no such user" if verb == "RCPT" else None) as server:
        shell.set(EMAIL_VIA=f"smtp://127.0.0.1:{server.port}?tls=none")
        shell.run("outbox", "work", "--once", "--date", kit.RUN_DATE)
    said = shell.run("outbox", "dead-letters", "--date", kit.RUN_DATE)
    assert "SMTP 550" in said
    assert "REJECTED" in said
    assert kit.CANARY not in said
    assert "no dead letters" in shell.run("outbox", "dead-letters", "--date", kit.RUN_DATE + timedelta(days=1))


def test_without_a_server_the_worker_says_what_to_set(shell: Shell, home: Settings) -> None:
    """Files need no worker; a wrong address is explained without being repeated."""
    release_all(home)
    assert "FREDNING_EMAIL_VIA" in shell.refuses("outbox", "work")
    shell.set(EMAIL_VIA="smtp://user:secret@mail.example?tls=none")
    said = shell.refuses("outbox", "work")
    assert "without TLS" in said
    assert "secret" not in said
    shell.set(EMAIL_VIA="smtp://127.0.0.1:25?tls=none")
    assert "--date" in shell.refuses("outbox", "work", "--once")
