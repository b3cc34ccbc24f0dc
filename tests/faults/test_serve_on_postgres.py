"""`fredning serve` as several hosts run it: processes of their own on one Postgres, which die and come back."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from assets.messaging.ledger import suppressions
from assets.messaging.ledger_guard import open_ledger
from orchestration.settings import REPOSITORY, Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, row
from tests.faults.one_by_one import release
from tests.servers.postgres import Postgres, new_database, restartable_postgres
from tests.unit.service import world
from tests.unit.service.world import Answer, Site, link

pytestmark = pytest.mark.slow
ROWS = [row(n) for n in range(30)]


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with restartable_postgres() as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, postgres: Postgres) -> Settings:
    """A ledger with released messages, and the analysts' copy that knows their addresses."""
    settings = kit.settings(tmp_path, ledger_url=new_database(postgres.folder))
    with open_ledger(settings) as outbox:
        release(settings, outbox, ListContent(ROWS))
    world.publish(settings, ROWS)
    return settings


@contextmanager
def served(settings: Settings) -> Iterator[tuple[Site, subprocess.Popen[str]]]:
    """The command itself, on a free port."""
    environment = os.environ | {
        "FREDNING_HOME": str(settings.home),
        "FREDNING_LEDGER_URL": settings.ledger_url or "",
        "FREDNING_SECRET_KEY": kit.SECRET,
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "orchestration.cli", "serve", "--port", "0"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, **pipes)
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found, "the service does not start"
        yield Site(settings, int(found[1])), process
    finally:
        process.kill()
        process.wait(timeout=20)
        process.stdout.close()


def answered(site: Site, number: int) -> Answer | None:
    """One click; None if the service went away in the middle."""
    try:
        return site.one_click(link(ROWS[number]))
    except (OSError, EOFError):
        return None


def opted_out(settings: Settings) -> Counter[str]:
    with open_ledger(settings) as outbox, outbox.transaction() as tx:
        return Counter(tx.execute(sa.select(suppressions.c.address_key)).scalars())


def told(settings: Settings) -> set[str]:
    """Addresses of the deliveries that the next run will land."""
    files = (settings.landing_dir / "consent/events").glob("*/*.ndjson*")
    return {json.loads(line)["address"] for file in files for line in file.read_text().splitlines()}


def test_two_servers_at_once_say_the_same_and_do_it_once(home: Settings) -> None:
    """A balancer spreads clicks over hosts; mail programs and people click twice."""
    with served(home) as (one, _), served(home) as (two, _), ThreadPoolExecutor(8) as pool:
        clicks = [(site, number) for number in range(len(ROWS)) for site in (one, two, one)]
        answers = list(pool.map(lambda click: answered(*click), clicks))
    assert {answer.status for answer in answers if answer} == {200}
    assert None not in answers
    counted = opted_out(home)
    assert len(counted) == len(ROWS)
    assert set(counted.values()) == {1}
    assert told(home) == {one["address"] for one in ROWS}


def test_a_server_that_is_killed_has_kept_every_promise(home: Settings) -> None:
    """Whoever got an answer is obeyed; whoever got none asks again, and the next process knows."""
    promised: list[int] = []
    with served(home) as (site, process), ThreadPoolExecutor(4) as pool:

        def click(number: int) -> None:
            if number == 12:
                process.send_signal(signal.SIGKILL)
            answer = answered(site, number)
            if answer and answer.status == 200:
                promised.append(number)

        list(pool.map(click, range(len(ROWS))))
    assert 0 < len(promised) < len(ROWS)
    told_before = told(home)
    assert {ROWS[number]["address"] for number in promised} <= told_before
    assert len(opted_out(home)) >= len(promised)
    with served(home) as (site, _):
        again = [answered(site, number) for number in range(len(ROWS))]
    assert {answer.status for answer in again if answer} == {200}
    assert len(opted_out(home)) == len(ROWS)


def test_while_the_database_is_away_people_are_asked_to_come_again(home: Settings, postgres: Postgres) -> None:
    """No promise without a ledger, no restart of ours when it is back, and what is sent meanwhile is nothing."""
    with served(home) as (site, _):
        assert site.ask("GET", "/health").status == 200
        assert site.one_click(link(ROWS[0])).status == 200
        postgres.stop()
        try:
            refused = site.one_click(link(ROWS[1]))
            assert refused.status == 503
            assert refused.headers["retry-after"] == "60"
            assert site.ask("GET", "/health").status == 503
        finally:
            postgres.start()
        end = time.monotonic() + 20
        while site.one_click(link(ROWS[1])).status != 200:
            assert time.monotonic() < end, "the service does not find the database again"
            time.sleep(0.2)
        assert site.ask("GET", "/health").status == 200
    assert len(opted_out(home)) == 2


def test_what_one_host_promised_another_hosts_hand_off_keeps(home: Settings) -> None:
    """The sender is a third process: it asks the same ledger inside the transaction of its intent."""
    later = [row(100 + n, address=ROWS[n]["address"]) for n in range(4)]
    with served(home) as (site, _):
        assert answered(site, 2) is not None
        with open_ledger(home) as outbox:
            assert hand_off(home, outbox, ListContent(later)).run().n_accepted == 3
