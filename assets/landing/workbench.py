"""The in-memory table on which deliveries are typed, sorted out and written: one connection, one dataset at a time.

Several deliveries of a dataset may lie on it at once (history is landed many days at a time); nothing is shared with
the warehouse, which only dbt writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import TracebackType

import duckdb
import numpy as np
import pandas as pd

from assets.landing.casting import TYPE_RULES, missing, prepared, typed
from assets.landing.contract import DUCKDB_TYPES, Contract
from assets.landing.masking import masked
from assets.landing.rows import FileRows
from orchestration.settings import Settings


@dataclass(frozen=True, slots=True)
class Reject:
    """One broken rule of one row; the value is masked already."""

    file_no: int
    source_line: int
    column: str | None
    rule: str
    value: str | None
    reason: str


class Workbench:
    """Types rows into the table `typed`; `file_no` and `source_line` name a row until it is written."""

    def __init__(self, settings: Settings) -> None:
        # DuckDB makes this folder when it first spills, but not the folder above it.
        self._spill = settings.home / "tmp" / "landing"
        self._spill.parent.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(
            config={
                "threads": settings.threads,
                "memory_limit": settings.memory_limit,
                "temp_directory": str(self._spill),
            }
        )
        # An instant without an offset is local time of the retailer.
        self.connection.execute("set TimeZone = $zone", {"zone": settings.timezone})

    def __enter__(self) -> Workbench:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def begin(self, contract: Contract) -> None:
        """An empty table for the dataset; what lay on the bench before is gone."""
        columns = ", ".join(f'"{c.name}" {DUCKDB_TYPES[c.type]}' for c in contract.columns)
        self.connection.execute(
            f"""
            create or replace temp table typed (
                file_no integer, source_line integer, received_on date, source_file varchar, failed bigint,
                {columns}
            )
            """
        )

    def add(
        self, contract: Contract, file_no: int, source_file: str, received_on: date, rows: FileRows
    ) -> list[Reject]:
        """Types the rows of one file. Those with a value of another type are left out and returned."""
        description = self.connection.sql(f"describe {rows.relation}").fetchall()
        types = {name: kind for name, kind, *_ in description}
        values, casts, checks = [], [], []
        for number, column in enumerate(contract.columns):
            if column.name not in rows.columns:
                casts.append(f"{missing(column)} as c{number}")
                continue
            kind = types[column.name]
            values.append(f"{prepared(column.name, kind)} as v{number}")
            casts.append(f"{typed(column, kind, f'v{number}')} as c{number}")
            checks.append(f"((v{number} is not null and c{number} is null)::bigint << {number})")
        cells = ", ".join(f"c{n}" for n in range(len(contract.columns)))
        self.connection.execute(
            f"""
            insert into typed
            select $file_no, line, $received_on, $source_file, {" + ".join(checks) or "0::bigint"}, {cells}
            from (
                select *, {", ".join(casts)}
                from (select line, {", ".join(values)} from {rows.relation})
            )
            """,
            {"file_no": file_no, "received_on": received_on, "source_file": source_file},
        )
        return self._type_rejects(contract, file_no, rows, types)

    def _type_rejects(self, contract: Contract, file_no: int, rows: FileRows, types: dict[str, str]) -> list[Reject]:
        """Takes the rows with a value of another type off the table again and says what was wrong with them."""
        found = self.connection.execute(
            "select coalesce(bit_or(failed), 0) from typed where file_no = $file_no", {"file_no": file_no}
        ).fetchall()[0][0]
        numbers = [n for n in range(len(contract.columns)) if found >> n & 1]
        if not numbers:
            return []
        names = [contract.columns[n].name for n in numbers]
        values = ", ".join(f"cast({prepared(name, types[name])} as varchar)" for name in names)
        broken = self.connection.execute(
            f"""
            select line, misfits.failed, {values}
            from {rows.relation}
            join (select source_line as line, failed from typed where file_no = $file_no and failed <> 0) as misfits
                using (line)
            order by line
            """,
            {"file_no": file_no},
        ).fetchall()
        self.connection.execute("delete from typed where failed <> 0")
        rejects = []
        for line, failed, *delivered in broken:
            for number, value in zip(numbers, delivered, strict=True):
                if failed >> number & 1:
                    column = contract.columns[number]
                    rule, reason = TYPE_RULES[column.type]
                    shown = masked(contract, column.name, value)
                    rejects.append(Reject(file_no, line, column.name, rule, shown, f"{column.name} {reason}"))
        return rejects

    def frame(self, contract: Contract, columns: Sequence[str]) -> pd.DataFrame:
        """The typed rows in order of file and line, with the columns that checks need; instants in UTC, naive."""
        names = "".join(
            f""", "{name}" at time zone 'UTC' as "{name}\""""
            if contract.column(name).type == "instant"
            else f', "{name}"'
            for name in columns
        )
        return self.connection.sql(
            f"""
            select file_no, source_line, received_on,
                (received_on + interval 1 day)::timestamp::timestamptz at time zone 'UTC' as received_until {names}
            from typed
            order by file_no, source_line
            """
        ).df()

    def repeated(self, contract: Contract, rows: pd.DataFrame, key: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Which of the rows (file_no, source_line, position) repeat an earlier one's key: (same row, another row)."""
        self.connection.register("suspects", rows)
        keys = ", ".join(f'"{name}"' for name in key)
        everything = ", ".join(f'"{name}"' for name in contract.column_names)
        found = self.connection.sql(
            f"""
            with numbered as (
                select suspects.position, row({everything}) as content,
                    row_number() over same_key as nth,
                    first_value(row({everything})) over same_key as first_content
                from typed join suspects using (file_no, source_line)
                window same_key as (partition by received_on, {keys} order by file_no, source_line)
            )
            select position, content is not distinct from first_content as is_same from numbered where nth > 1
            order by position
            """
        ).fetchnumpy()
        self.connection.unregister("suspects")
        positions, is_same = np.asarray(found["position"]), np.asarray(found["is_same"], dtype=bool)
        return positions[is_same], positions[~is_same]

    def remove(self, rows: pd.DataFrame) -> None:
        """Takes the rows (file_no, source_line) off the table."""
        if rows.empty:
            return
        self.connection.register("gone", rows)
        self.connection.execute(
            "delete from typed using gone where typed.file_no = gone.file_no and typed.source_line = gone.source_line"
        )
        self.connection.unregister("gone")

    def remove_file(self, file_no: int) -> None:
        self.connection.execute("delete from typed where file_no = $file_no", {"file_no": file_no})

    def remove_day(self, received_on: date) -> None:
        self.connection.execute("delete from typed where received_on = $day", {"day": received_on})

    def kept_by_file(self) -> dict[int, int]:
        return dict(self.connection.sql("select file_no, count(*) from typed group by file_no").fetchall())

    def write(self, contract: Contract, received_on: date, path: Path) -> None:
        """The day's rows as Parquet, in order of time where rows have one, so that readers can skip groups."""
        order = f'"{contract.happened_at}", ' if contract.happened_at else ""
        columns = ", ".join(f'"{name}"' for name in contract.column_names)
        target = str(path).replace("'", "''")
        self.connection.execute(
            f"""
            copy (
                select {columns}, received_on, source_file, source_line
                from typed
                where received_on = date '{received_on}'
                order by {order}source_file, source_line
            ) to '{target}' (format parquet, compression zstd)
            """
        )
