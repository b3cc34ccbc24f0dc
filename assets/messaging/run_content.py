"""The run's messages as the warehouse decided them, read a page at a time.

Each read opens the warehouse, takes one page and lets go: rendering a large batch must not keep
dbt or anybody else waiting for the file, and memory stays flat however many messages there are.
A run of many journeys with few messages each is read in one page, for opening the file is dear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import duckdb

Row = dict[str, Any]

# The messages of part $part (1, 2, …) of $of.
_SHARE = "cast('0x' || left(message_id, 8) as bigint) % $of = $part - 1"


@dataclass(frozen=True, slots=True, order=True)
class Group:
    """What one batch file may hold together."""

    channel: str
    journey: str
    step: str
    language: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the forecast band says of a journey's day: why it is held (None: it is not), and what is worth a remark."""

    held_because: str | None = None
    remark: str | None = None


# By channel and journey.
Verdicts = dict[tuple[str, str], Verdict]


class Content(Protocol):
    """Where the run's messages come from."""

    def groups(self) -> dict[Group, int]: ...

    def pages(self, group: Group, size: int) -> Iterator[list[Row]]: ...

    def withdrawn(self) -> set[tuple[str, str]]:
        """(address, channel) pairs whose permission went between as_of and now, as far as is known."""
        ...

    def verdicts(self) -> Verdicts:
        """Which journeys are outside their forecast band."""
        ...


@dataclass(slots=True)
class WarehouseContent:
    """Reads the warehouse of a run.

    `share` (part, of) leaves to this process only the messages whose id falls into its bucket: an id is a hash, so
    parts are equal, disjoint, and the same however often they are read. Groups are counted whole, because a day's
    caps are about the day. A run of up to `small_run` messages is kept in memory whole.
    """

    path: Path
    run_date: date
    share: tuple[int, int] = (1, 1)
    small_run: int = 5_000
    _kept: dict[Group, list[Row]] | None = field(default=None, init=False, repr=False)

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
        counts = {Group(r["channel"], r["journey"], r["step"], r["language"]): r["n"] for r in rows}
        self._kept = self._whole_run() if sum(counts.values()) <= self.small_run else None
        return counts

    def _whole_run(self) -> dict[Group, list[Row]]:
        rows = self._query(
            f"""
            select *
            from intermediate.int_messages__content
            where run_date = $run_date and {_SHARE}
            order by message_id
            """,
            {"run_date": self.run_date, "part": self.share[0], "of": self.share[1]},
        )
        kept: dict[Group, list[Row]] = defaultdict(list)
        for row in rows:
            kept[Group(row["channel"], row["journey"], row["step"], row["language"] or "")].append(row)
        return kept

    def pages(self, group: Group, size: int) -> Iterator[list[Row]]:
        if self._kept is not None:
            rows = self._kept.get(group, [])
            yield from (rows[start : start + size] for start in range(0, len(rows), size))
            return
        last = ""
        while True:
            page = self._query(
                f"""
                select *
                from intermediate.int_messages__content
                where run_date = $run_date and channel = $channel and journey = $journey
                  and step = $step and coalesce(language, '') = $language and message_id > $last
                  and {_SHARE}
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

    def verdicts(self) -> Verdicts:
        rows = self._query(
            "select channel, journey, held_because, remark from marts.fct_volume_bands where run_date = $run_date",
            {"run_date": self.run_date},
        )
        return {(row["channel"], row["journey"]): Verdict(row["held_because"], row["remark"]) for row in rows}

    def _query(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            return connection.execute(sql, parameters).to_arrow_table().to_pylist()
