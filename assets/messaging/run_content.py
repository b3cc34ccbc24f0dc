"""The run's messages as the warehouse decided them, read a page at a time.

Each read opens the warehouse, takes one page and lets go: rendering a large batch must not keep
dbt or anybody else waiting for the file, and memory stays flat however many messages there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import duckdb

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """What one batch file may hold together."""

    channel: str
    journey: str
    step: str
    language: str


class Content(Protocol):
    """Where the run's messages come from."""

    def groups(self) -> dict[Group, int]: ...

    def pages(self, group: Group, size: int) -> Iterator[list[Row]]: ...

    def withdrawn(self) -> set[tuple[str, str]]:
        """(address, channel) pairs whose permission went between as_of and now, as far as is known."""
        ...


@dataclass(frozen=True, slots=True)
class WarehouseContent:
    """Reads the warehouse of a run.

    `share` (part, of) leaves to this process only the messages whose id falls into its bucket: an id is a hash, so
    parts are equal, disjoint, and the same however often they are read. Groups are counted whole, because a day's
    caps are about the day.
    """

    path: Path
    run_date: date
    share: tuple[int, int] = (1, 1)

    def groups(self) -> dict[Group, int]:
        rows = self._query(
            """
            select channel, journey, step, coalesce(language, '') as language, count(*) as n
            from intermediate.int_messages__content
            where run_date = $run_date
            group by all
            order by all
            """,
            {"run_date": self.run_date},
        )
        return {Group(r["channel"], r["journey"], r["step"], r["language"]): r["n"] for r in rows}

    def pages(self, group: Group, size: int) -> Iterator[list[Row]]:
        last = ""
        while True:
            page = self._query(
                """
                select *
                from intermediate.int_messages__content
                where run_date = $run_date and channel = $channel and journey = $journey
                  and step = $step and coalesce(language, '') = $language and message_id > $last
                  and cast('0x' || left(message_id, 8) as bigint) % $of = $part - 1
                order by message_id
                limit $size
                """,
                {
                    "run_date": self.run_date,
                    "channel": group.channel,
                    "journey": group.journey,
                    "step": group.step,
                    "language": group.language,
                    "last": last,
                    "size": size,
                    "part": self.share[0],
                    "of": self.share[1],
                },
            )
            if page:
                yield page
            if len(page) < size:
                return
            last = page[-1]["message_id"]

    def withdrawn(self) -> set[tuple[str, str]]:
        rows = self._query("select distinct address, channel from intermediate.int_consent__withdrawn_since_as_of", {})
        return {(row["address"], row["channel"]) for row in rows}

    def _query(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql, parameters).to_arrow_table().to_pylist()
