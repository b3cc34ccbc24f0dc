"""What all commands share: days, settings, tables, and expected faults as one sentence instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from orchestration.settings import Settings, SettingsError

if TYPE_CHECKING:
    import duckdb

    from assets.messaging.outbox import Outbox

FIRST_A_RUN = "run `make demo`, or `fredning run --date YYYY-MM-DD`, first"


class Day(click.ParamType[date]):
    """A day written YYYY-MM-DD."""

    name = "day"

    def convert(self, value: str | date, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise click.BadParameter(f"{value!r} is not a day like 2026-01-31", ctx, param) from None


DAY = Day()


@contextmanager
def in_words(*expected: type[Exception]) -> Iterator[None]:
    """Say expected faults, whose messages are sentences for people, in their own words instead of a traceback."""
    try:
        yield
    except expected as error:
        raise click.ClickException(str(error)) from error


def settings_or_exit() -> Settings:
    with in_words(SettingsError):
        return Settings.from_env()


def require_warehouse(settings: Settings) -> None:
    if not settings.warehouse_path.exists():
        raise click.ClickException(f"There is no warehouse in {settings.home}: {FIRST_A_RUN}.")


def build_on_demand(
    settings: Settings, model: str, run_date: date, extra_vars: Mapping[str, str] | None = None
) -> None:
    """Build one model that no daily run builds; what went wrong is said in dbt's own words."""
    from orchestration.dbt import DbtFailure, build_arguments
    from orchestration.dbt_runner import DbtRunner

    arguments = build_arguments(
        command="build", select=(model,), exclude=(), run_date=run_date, settings=settings, extra_vars=extra_vars
    )
    with in_words(DbtFailure):
        results = DbtRunner(settings).invoke(arguments)
    broken = [f"{result.unique_id}: {result.message}" for result in results if not result.is_good]
    if broken:
        raise click.ClickException(f"{model} could not be built.\n" + "\n".join(broken))


def today(settings: Settings) -> date:
    return datetime.now(settings.zone).date()


def local(instant: datetime | None, settings: Settings) -> str:
    """An instant as people of the retailer read it, to the minute."""
    return "" if instant is None else f"{instant.astimezone(settings.zone):%Y-%m-%d %H:%M}"


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None) -> None:
    """Rows as a table; columns of numbers stand at the right. Values are shown as they are, never as markup."""
    from rich.table import Table
    from rich.text import Text

    from orchestration.terminal import open_console

    listed = [list(row) for row in rows]
    table = Table(title=title, title_justify="left")
    for position, name in enumerate(columns):
        values = [row[position] for row in listed if row[position] not in (None, "")]
        is_number = bool(values) and all(isinstance(v, int) and not isinstance(v, bool) for v in values)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in listed:
        table.add_row(*(Text(_shown(value)) for value in row))
    open_console().print(table)


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:,}" if isinstance(value, int) else str(value)


@contextmanager
def read_only(path: Path, what: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB file to read from; missing, locked or not yet filled is said in one sentence."""
    import duckdb

    if not path.is_file():
        raise click.ClickException(f"There is no {what} at {path}: {FIRST_A_RUN}.")
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            yield connection
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise click.ClickException(
                f"The {what} is being written by a run or held by another program: try again when that has ended."
            ) from error
        raise click.ClickException(f"The {what} at {path} cannot be read: {error}") from error
    except duckdb.CatalogException as error:
        raise click.ClickException(f"The {what} holds no decisions yet: {FIRST_A_RUN}.") from error


@contextmanager
def opened_ledger(settings: Settings, *, may_begin: bool = False, may_lack_keys: bool = False) -> Iterator[Outbox]:
    """The outbox ledger. Only with `may_begin` a new one is begun where there is none."""
    import sqlalchemy as sa

    from assets.messaging.approvals import ApprovalRefused
    from assets.messaging.ledger_guard import LedgerRefused, open_ledger

    is_missing = settings.ledger_url is None and not settings.ledger_path.exists()
    has_handed_off = any(settings.outbox_dir.glob("*/*.manifest.json"))
    if is_missing and not may_begin and not has_handed_off:
        raise click.ClickException(f"There is no outbox ledger in {settings.home} yet: {FIRST_A_RUN}.")
    try:
        with in_words(LedgerRefused, ApprovalRefused), open_ledger(settings, may_lack_keys=may_lack_keys) as outbox:
            yield outbox
    except sa.exc.DatabaseError as error:
        raise click.ClickException(
            f"The outbox ledger does not answer: {error.orig}. If another process is writing, try again; "
            "otherwise check FREDNING_HOME and FREDNING_LEDGER_URL."
        ) from error


def counted(n: int, noun: str) -> str:
    """'1 journey', '2 journeys'."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"


def names(values: Iterable[Any]) -> str:
    return ", ".join(str(value) for value in values)
