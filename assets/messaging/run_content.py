"""The run's messages as the warehouse decided them, read a page at a time.

Each read opens the warehouse, takes a few pages and lets go: rendering a large batch must not keep
dbt or anybody else waiting for the file, and memory stays flat however many messages there are.
A run of many journeys with few messages each is read in one page, for opening the file is dear.
What a page is belongs to `pages`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from assets.memory import give_back_freed_memory
from assets.messaging.goods import Goods
from assets.messaging.pages import MESSAGES, Page, WarehousePage, read_page
from assets.queries import Row, records

# The run's messages of part $part (1, 2, …) of $of.
_OF_RUN = """
where run_date = $run_date and ($of = 1 or cast('0x' || left(message_id, 8) as bigint) % $of = $part - 1)
"""
_OF_GROUP = " and ".join(f"coalesce({name}, '') = ${name}" for name in ("channel", "journey", "step", "language"))
# The next $size of them: ids are cheap to put in order, whole messages are not.
_NEXT = f"""
message_id > $last and message_id <= (
    select max(message_id)
    from (
        select message_id
        from intermediate.int_messages__content
        {_OF_RUN} and {_OF_GROUP} and message_id > $last
        order by message_id
        limit $size
    )
)
"""

# Opening the file and finding the next ids cost as much as half a page's messages.
PAGES_A_READ = 4


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

    def pages(self, group: Group, size: int) -> Iterator[Page]: ...

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
    _kept: pa.Table | None = field(default=None, init=False, repr=False)
    _goods: Goods = field(default_factory=Goods, init=False, repr=False)

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
        is_small = 0 < sum(counts.values()) <= self.small_run
        self._kept = self._read(_OF_RUN).table if is_small else None
        return counts

    def pages(self, group: Group, size: int) -> Iterator[Page]:
        if self._kept is not None:
            yield from _cut(WarehousePage(_rows_of(self._kept, group), self._goods), size)
            return
        last, n_wanted = "", size * PAGES_A_READ
        while True:
            asked = {**asdict(group), "last": last, "size": n_wanted}
            read = self._read(f"{_OF_RUN} and {_OF_GROUP} and {_NEXT}", asked)
            yield from _cut(read, size)
            if len(read.message_ids) < n_wanted:
                return
            last = read.message_ids[-1]
            del read
            give_back_freed_memory()

    def _read(self, condition: str, parameters: dict[str, Any] | None = None) -> WarehousePage:
        asked = {"run_date": self.run_date, "part": self.share[0], "of": self.share[1], **(parameters or {})}
        with self._connected() as connection:
            return read_page(connection, f"{MESSAGES} {condition}", asked, self._goods)

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
        with self._connected() as connection:
            return records(connection, sql, parameters)

    @contextmanager
    def _connected(self) -> Iterator[duckdb.DuckDBPyConnection]:
        # One core for each process that shares a batch: threads of its own only cost a page a fifth more.
        with duckdb.connect(str(self.path), read_only=True, config={"threads": 1}) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection


def _cut(read: WarehousePage, size: int) -> Iterator[WarehousePage]:
    for start in range(0, len(read.message_ids), size):
        yield WarehousePage(read.table.slice(start, size), read.goods)


def _rows_of(table: pa.Table, group: Group) -> pa.Table:
    mine = pc.equal(table["channel"], group.channel)
    for name in ("journey", "step", "language"):
        mine = pc.and_(mine, pc.equal(pc.fill_null(table[name], ""), getattr(group, name)))
    return table.filter(mine)
