"""How the run's messages are read: page by page, and shared between processes."""

from __future__ import annotations

import hashlib
from datetime import date
from itertools import chain
from pathlib import Path

import duckdb
import pytest

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
