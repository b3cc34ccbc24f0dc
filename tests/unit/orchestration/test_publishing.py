"""The analysts' copy: whole, documented, never older than what is there."""

from __future__ import annotations

from datetime import date

import duckdb
import pytest

from assets.publishing import publish, published_run_date
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path) -> Settings:
    settings = Settings(home=tmp_path)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create schema marts; create schema staging; create schema seeds")
        connection.execute("create table marts.fct_things as select 1 as thing_id")
        connection.execute("create table staging.stg_secret as select 'x' as raw")
        connection.execute("create table seeds.reasons as select 'WHY' as reason")
    return settings


DESCRIPTIONS = {
    "marts.fct_things": {
        "description": "One row per thing's own day.",
        "columns": {"thing_id": "Its key"},
    }
}


def test_marts_and_seeds_are_published_with_their_documentation(settings: Settings) -> None:
    """An analyst's tool shows comments; nobody should have to look for a separate page."""
    report = publish(settings, date(2026, 11, 20), DESCRIPTIONS)
    assert report.is_current
    assert dict(report.rows_of) == {"marts.fct_things": 1, "seeds.reasons": 1}
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        tables = dict(connection.execute("select table_name, comment from duckdb_tables()").fetchall())
        assert tables["fct_things"] == "One row per thing's own day."
        assert "stg_secret" not in tables
        column = connection.execute("select comment from duckdb_columns() where column_name = 'thing_id'").fetchone()
        assert column == ("Its key",)


def test_a_mart_that_is_a_view_is_a_table_in_the_copy(settings: Settings) -> None:
    """What it is made of is not published: a view would find nothing there."""
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute('create view marts.fct_seen as select raw from "warehouse"."staging"."stg_secret"')
    assert publish(settings, date(2026, 11, 20), {}).rows_of["marts.fct_seen"] == 1
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        assert connection.execute("select raw from marts.fct_seen").fetchall() == [("x",)]
        assert "fct_seen" in {row[0] for row in connection.execute("select table_name from duckdb_tables()").fetchall()}


def test_a_backfill_of_an_old_day_leaves_the_newer_copy_alone(settings: Settings) -> None:
    """Otherwise a repaired Tuesday would show analysts Tuesday's customers on Friday."""
    publish(settings, date(2026, 11, 20), {})
    report = publish(settings, date(2026, 11, 18), {})
    assert not report.is_current
    assert published_run_date(settings) == date(2026, 11, 20)


def test_readers_keep_what_they_opened_while_it_is_swapped(settings: Settings) -> None:
    """A dashboard must neither wait for the run nor stop it."""
    publish(settings, date(2026, 11, 20), {})
    reader = duckdb.connect(str(settings.published_path), read_only=True)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("insert into marts.fct_things values (2)")
    publish(settings, date(2026, 11, 21), {})
    assert reader.execute("select count(*) from marts.fct_things").fetchone() == (1,)
    reader.close()
    with duckdb.connect(str(settings.published_path), read_only=True) as connection:
        assert connection.execute("select count(*) from marts.fct_things").fetchone() == (2,)


def test_a_publication_that_fails_leaves_no_file_behind(settings: Settings) -> None:
    """A half-written copy next to the good one would be opened by somebody."""
    publish(settings, date(2026, 11, 20), {})
    settings.warehouse_path.unlink()
    with pytest.raises(duckdb.Error):
        publish(settings, date(2026, 11, 21), {})
    assert [p.name for p in settings.published_path.parent.iterdir()] == ["fredning.duckdb"]
