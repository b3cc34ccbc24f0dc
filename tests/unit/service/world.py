"""A running service over a small retailer: messages in the ledger, their people in an analysts' copy, real HTTP."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import duckdb
import uvicorn

from assets.messaging.journeys import load_templates
from assets.messaging.outbox import Outbox
from assets.messaging.tokens import make_token
from assets.service.app import Service
from orchestration.settings import REPOSITORY, Settings
from tests.faults import kit

ONE_CLICK = urlencode({"List-Unsubscribe": "One-Click"}).encode()
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BRAND = load_templates(REPOSITORY / "templates", check_texts=False).brand


def publish(settings: Settings, rows: list[dict[str, Any]]) -> None:
    """An analysts' copy that knows the addresses of these messages' customers."""
    settings.published_path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(settings.published_path)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.dim_customers (customer_id varchar, language varchar)")
        connection.execute("create table marts.dim_customer_aliases (past_customer_id varchar, customer_id varchar)")
        connection.execute(
            "create table marts.dim_customer_identifiers "
            "(customer_id varchar, identifier_kind varchar, identifier_value varchar, is_primary boolean)"
        )
        for row in rows:
            kind = "phone" if row["channel"] == "sms" else "email"
            connection.execute("insert into marts.dim_customers values (?, ?)", [row["customer_id"], row["language"]])
            for address in ("other@kunde.example", row["address"]):
                connection.execute(
                    "insert into marts.dim_customer_identifiers values (?, ?, ?, false)",
                    [row["customer_id"], kind, address],
                )


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Site:
    """A service that listens on a port of this machine."""

    settings: Settings
    port: int

    def ask(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body or None, headers or {})
            response = connection.getresponse()
            text = response.read().decode()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, text)
        finally:
            connection.close()

    def one_click(self, link: str) -> Answer:
        return self.ask("POST", link, ONE_CLICK, FORM)

    def delivered(self, dataset: str) -> list[Path]:
        return sorted((self.settings.landing_dir / dataset).glob("*/*"))


def link(row: dict[str, Any], key: str = kit.SECRET) -> str:
    return f"/u/{make_token(key.encode(), row['message_id'], row['channel'])}"


@contextmanager
def running(settings: Settings, outbox: Outbox, **changes: Any) -> Iterator[Site]:
    """The service in a thread, behind a real socket."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = Service(settings, outbox, BRAND, **changes).app()
    config = uvicorn.Config(app, access_log=False, log_level="warning", ws="none", http="h11", loop="asyncio")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end, "the service does not start"
        time.sleep(0.02)
    try:
        yield Site(settings, listening.getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listening.close()
