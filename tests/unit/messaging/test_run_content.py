"""How the run's messages are read: page by page, and shared between processes."""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import chain, islice
from pathlib import Path

import duckdb
import pytest

from assets.messaging import run_content
from assets.messaging.goods import Goods
from assets.messaging.pages import MESSAGES, read_page
from assets.messaging.run_content import Group, Verdict, WarehouseContent
from tests.unit.messaging.content_tables import CONTENT

DAY = date(2026, 11, 20)
IDS = {hashlib.sha256(str(n).encode()).hexdigest()[:32] for n in range(2_000)}
CONTENT_OF_NOTHING = f"cast('{{}}' as {CONTENT})"
GROUP = Group("email", "welcome", "hello", "nb")


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("content") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema intermediate")
        connection.execute(
            f"""
            create table intermediate.int_messages__content as
            select date '2026-11-20' as run_date, id as message_id, 'email' as channel, 'welcome' as journey,
                'hello' as step, 'nb' as language, {CONTENT_OF_NOTHING} as content
            from (select unnest($ids) as id order by hash(id))
            """,
            {"ids": sorted(IDS)},
        )
    return path


def test_verdicts_are_those_of_the_day(warehouse: Path) -> None:
    """The band of yesterday, or of the other channel, says nothing of today's."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            create schema if not exists marts;
            create table marts.fct_volume_bands as
            from (
                values (date '2026-11-20', 'welcome', 'email', 'too many', null),
                    (date '2026-11-20', 'welcome', 'sms', null, 'few'), (date '2026-11-19', 'cart', 'email', null, null)
            ) as bands(run_date, journey, channel, held_because, remark)
            """
        )
    assert WarehouseContent(warehouse, DAY).verdicts() == {
        ("email", "welcome"): Verdict("too many", None),
        ("sms", "welcome"): Verdict(None, "few"),
    }


@pytest.mark.parametrize("of", [1, 2, 3, 7])
def test_processes_that_share_a_batch_take_every_message_once(warehouse: Path, of: int) -> None:
    """A message that two processes read is sent twice, one that none reads is lost."""
    parts = []
    for part in range(1, of + 1):
        content = WarehouseContent(warehouse, DAY, (part, of))
        parts.append([row["message_id"] for page in content.pages(GROUP, 100) for row in page.rows()])
        # The day's caps are about the whole day, whoever sends it.
        assert content.groups() == {GROUP: len(IDS)}
    assert sorted(chain(*parts)) == sorted(IDS)
    assert all(part == sorted(part) for part in parts)
    assert max(map(len, parts)) - min(map(len, parts)) < len(IDS) / of / 2 + 1


@pytest.mark.parametrize("small_run", [0, 5_000], ids=["read in parts", "kept whole"])
@pytest.mark.parametrize("size", [1, 100, 400, 667, 1_999, 2_000, 2_001])
def test_every_page_but_the_last_is_full_and_they_follow_each_other(warehouse: Path, small_run: int, size: int) -> None:
    """A page becomes a batch: where it begins may not depend on how much of the file is read at once."""
    content = WarehouseContent(warehouse, DAY, small_run=small_run)
    content.groups()
    pages = list(islice(content.pages(GROUP, size), 12))
    expected = sorted(IDS)
    for number, page in enumerate(pages):
        wanted = expected[number * size : (number + 1) * size]
        assert page.message_ids == wanted == [row["message_id"] for row in page.rows()]
    assert len(pages) == min(12, -(-len(IDS) // size))


def test_what_was_read_is_given_back_before_more_is_read(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a process grows with the number of its messages: glibc keeps what is freed between things that stay."""
    events: list[str] = []
    monkeypatch.setattr(run_content, "give_back_freed_memory", lambda: events.append("given back"))
    read = WarehouseContent._read
    monkeypatch.setattr(WarehouseContent, "_read", lambda *given: events.append("read") or read(*given))
    pages = list(WarehouseContent(warehouse, DAY, small_run=0).pages(GROUP, 200))
    assert sum(len(page.message_ids) for page in pages) == len(IDS)
    assert events == ["read", "given back", "read", "given back", "read"]


def test_pages_come_in_order_even_if_the_warehouse_wrote_them_in_none(warehouse: Path) -> None:
    """Its model writes them in order, so that most of the time nothing has to be sorted; that is not relied on."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute("select message_id from intermediate.int_messages__content").fetchall()
        assert [row[0] for row in rows] != sorted(IDS)
        page = read_page(connection, MESSAGES, {}, Goods())
    assert page.message_ids == sorted(IDS)
