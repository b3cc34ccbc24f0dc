"""The facts that a rehearsal decides over, copied out of the warehouse, which is let go of at once."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from assets.decisions.chain import BUCKETS, LEDGER, Chain
from orchestration.settings import Settings

# Templates are landed anew for each version; a link to the installation's own would be written through.
OWN_SOURCES = ("templates",)
NOTHING_DECIDED = "Nothing has been decided yet: run `make demo`, or `fredning run`, first."
_BEING_WRITTEN = "The warehouse is being written by a run: try again when it has ended."


class NothingToRehearse(RuntimeError):
    """The warehouse cannot be read, or holds nothing yet; the message names the remedy."""


def lay_out(settings: Settings, scratch: Path) -> None:
    """A home in `scratch` that reads the installation's raw files. Raises `NothingToRehearse`."""
    if not settings.warehouse_path.is_file():
        raise NothingToRehearse("There is no warehouse yet: run `make demo`, or `fredning run`, first.")
    (scratch / "tmp").mkdir(parents=True)
    raw = scratch / "raw"
    raw.mkdir()
    for source in settings.raw_dir.iterdir():
        if source.name not in OWN_SOURCES:
            (raw / source.name).symlink_to(source)
    if settings.rejects_dir.exists():
        (scratch / "rejects").symlink_to(settings.rejects_dir)


def copy_facts(settings: Settings, chain: Chain, file: Path) -> None:
    """Copy what the chain reads into `file`, and let go of the warehouse at once: a run must not wait for a rehearsal.

    Raises `NothingToRehearse`.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set preserve_insertion_order = false")
        connection.execute(f"set file_search_path = '{settings.home}'")
        connection.execute(f"attach '{file}' as stage")
        try:
            # Under its own name, which its views speak of.
            connection.execute(f"attach '{settings.warehouse_path}' as warehouse (read_only)")
        except duckdb.IOException as error:
            raise NothingToRehearse(_BEING_WRITTEN) from error
        for schema in ("facts", "results", "staging", "intermediate", "marts", "seeds"):
            connection.execute(f"create schema stage.{schema}")
        for relation in chain.inputs:
            name = relation.split(".")[1]
            try:
                connection.execute(f"create table stage.facts.{name} as from warehouse.{relation}")
            except duckdb.CatalogException as error:
                raise NothingToRehearse(
                    f"The warehouse holds no {relation}: it was built by another version of the models. Run a day "
                    "with this one first (`fredning run`)."
                ) from error
        for name, uid in (("ledger", LEDGER), ("buckets", BUCKETS)):
            relation = chain.relation(uid)
            connection.execute(f"create table stage.facts.{name} as from warehouse.{relation}")
            connection.execute(f"create table stage.{relation} as from warehouse.{relation} limit 0")
        connection.execute(
            """
            create table stage.facts.past_value as
            select journey, sum(n_sent) as n_sent, sum(revenue_minor) as revenue_minor,
                sum(n_unsubscribed) as n_unsubscribed
            from warehouse.marts.rpt_journey_funnel
            group by journey
            """
        )
        connection.execute("detach warehouse")


def newest_decided_day(settings: Settings) -> date:
    """The newest day in the installation's ledger. Raises `NothingToRehearse`."""
    if not settings.warehouse_path.is_file():
        raise NothingToRehearse(NOTHING_DECIDED)
    try:
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            found = connection.execute("select max(run_date) from marts.fct_contact_decisions").fetchone()
    except duckdb.CatalogException as error:
        raise NothingToRehearse(NOTHING_DECIDED) from error
    except duckdb.IOException as error:
        raise NothingToRehearse(_BEING_WRITTEN) from error
    if found is None or found[0] is None:
        raise NothingToRehearse(NOTHING_DECIDED)
    newest: date = found[0]
    return newest
