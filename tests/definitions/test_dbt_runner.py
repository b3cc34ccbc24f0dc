"""The in-process dbt runner emits what the stock resource would, and lets go of the warehouse file."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest
from dagster_dbt import dbt_assets

from orchestration.dbt import manifest_of, manifest_path, prepare, project_of
from orchestration.dbt_runner import DbtRunner
from orchestration.dbt_translator import FredningTranslator
from orchestration.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
PARTITIONS = dg.StaticPartitionsDefinition(["2026-11-20", "2026-11-21"])

MODELS = {
    "first.sql": "{{ config(schema='marts') }} select cast('{{ var(\"run_date\") }}' as date) as day, 1 as id",
    "folded.sql": "{{ config(materialized='ephemeral') }} select cast('{{ var(\"run_date\") }}' as date) as day",
    "fourth.sql": "{{ config(schema='marts') }} select * from {{ ref('folded') }}",
    "second.sql": "{{ config(schema='marts') }} select * from {{ ref('first') }}",
    "third.sql": "{{ config(schema='marts') }} select * from {{ ref('first') }}",
    "models.yml": """
models:
  - name: second
    columns:
      - name: id
        data_tests: [unique, not_null]
  - name: third
    columns:
      - name: id
        data_tests:
          - accepted_values:
              arguments: {values: [2], quote: false}
              config: {severity: warn}
""",
}


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Settings:
    project = tmp_path_factory.mktemp("dbt")
    for name, text in MODELS.items():
        path = project / "models" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (project / "dbt_project.yml").write_text(
        "name: fredning\nversion: '1.0.0'\nprofile: fredning\nvars: {run_date: '2000-01-01'}\n"
    )
    shutil.copy(ROOT / "dbt_project" / "profiles.yml", project)
    shutil.copytree(ROOT / "dbt_project" / "macros", project / "macros")
    settings = Settings(home=tmp_path_factory.mktemp("home"), dbt_dir=project)
    prepare(settings)
    return settings


def warehouse_of(settings: Settings) -> dg.AssetsDefinition:
    """The models of the project as one step."""

    @dbt_assets(
        manifest=manifest_of(settings),
        project=project_of(settings),
        dagster_dbt_translator=FredningTranslator(),
        partitions_def=PARTITIONS,
    )
    def warehouse(context: dg.AssetExecutionContext, dbt: dg.ResourceParam[DbtRunner]) -> Iterator[Any]:
        yield from dbt.build(context, select="fqn:*")

    return warehouse


def run(
    settings: Settings, runner: DbtRunner, selection: list[str] | None = None, day: str = "2026-11-20"
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        [warehouse_of(settings)],
        partition_key=day,
        resources={"dbt": runner},
        selection=[dg.AssetKey(["marts", name]) for name in selection] if selection else None,
        raise_on_error=False,
    )


def materialised(result: dg.ExecuteInProcessResult) -> set[str]:
    return {event.materialization.asset_key.path[-1] for event in result.get_asset_materialization_events()}


@pytest.fixture(scope="module")
def runner(settings: Settings) -> DbtRunner:
    return DbtRunner(settings)


def test_whoever_reads_the_manifest_while_it_is_prepared_anew_reads_a_whole_one(settings: Settings) -> None:
    """A run's process parses the project while the UI's loads its definitions."""
    with manifest_path(settings).open() as being_read:
        prepare(settings)
        assert os.fstat(being_read.fileno()).st_nlink == 0, "written into the file that is being read"
        assert json.load(being_read)["nodes"].keys() == manifest_of(settings)["nodes"].keys()


def test_a_full_step_materialises_every_model_and_reports_every_check(settings: Settings, runner: DbtRunner) -> None:
    """What the UI shows must not depend on how dbt was started."""
    result = run(settings, runner)
    assert result.success
    assert materialised(result) == {"first", "second", "third", "fourth"}
    checks = {e.check_name: (e.passed, e.severity) for e in result.get_asset_check_evaluations()}
    assert checks["unique_second_id"][0]
    warning = next(v for k, v in checks.items() if k.startswith("accepted_values"))
    assert warning == (False, dg.AssetCheckSeverity.WARN)


@pytest.mark.parametrize("table", ["first", "fourth"])
def test_the_partition_becomes_the_run_date(settings: Settings, runner: DbtRunner, table: str) -> None:
    """The kept manifest must not keep yesterday's compiled SQL, nor that of a model folded into another."""
    for day in ("2026-11-20", "2026-11-21"):
        run(settings, runner, day=day)
        with duckdb.connect(str(settings.warehouse_path), read_only=True) as connection:
            assert str(connection.execute(f"select day from marts.{table}").fetchone()[0]) == day


def test_a_subset_builds_only_what_was_chosen(settings: Settings, runner: DbtRunner) -> None:
    """Somebody who rebuilds one mart in the UI must not rebuild the warehouse."""
    run(settings, runner)  # what it reads must be there, whichever test came first
    assert materialised(run(settings, runner, ["second"])) == {"second"}


def test_the_warehouse_file_is_free_after_a_run(settings: Settings, runner: DbtRunner) -> None:
    """A kept connection would lock out every reader, in this process and in others."""
    run(settings, runner)
    with duckdb.connect(str(settings.warehouse_path)) as connection:
        connection.execute("create or replace table main.proof as select 1")


def test_a_failing_model_fails_the_step_with_dbts_own_words(settings: Settings) -> None:
    """The models that were built before are recorded; the ones behind it are not built."""
    path = settings.dbt_dir / "models" / "second.sql"
    path.write_text("{{ config(schema='marts') }} select no_such_column from {{ ref('first') }}")
    try:
        prepare(settings)
        result = run(settings, DbtRunner(settings))
    finally:
        path.write_text(MODELS["second.sql"])
        prepare(settings)
    assert not result.success
    assert materialised(result) == {"first", "third", "fourth"}
    failure = next(e for e in result.all_events if e.is_step_failure).step_failure_data
    assert "no_such_column" in str(failure.error)


def test_a_failed_error_test_stops_everything_below_that_step(settings: Settings, runner: DbtRunner) -> None:
    """An invariant that does not hold must keep the hand-off from starting; a warning must not."""

    warehouse = warehouse_of(settings)

    @dg.asset(deps=[dg.AssetKey(["marts", "second"])], partitions_def=PARTITIONS)
    def below_second() -> None: ...

    def materialise() -> dg.ExecuteInProcessResult:
        return dg.materialize(
            [warehouse, below_second],
            partition_key="2026-11-20",
            resources={"dbt": DbtRunner(settings)},
            raise_on_error=False,
        )

    assert "below_second" in materialised(materialise()), "a failed warning must not stop the day"
    path = settings.dbt_dir / "models" / "second.sql"
    path.write_text("{{ config(schema='marts') }} select cast(null as integer) as id from {{ ref('first') }}")
    try:
        prepare(settings)
        result = materialise()
    finally:
        path.write_text(MODELS["second.sql"])
        prepare(settings)
    assert not result.success
    assert "below_second" not in materialised(result)


def test_a_failed_key_test_without_a_check_of_its_own_fails_the_step(settings: Settings) -> None:
    """Tests below the marts are no checks in the UI, so nothing else would stop the run for them."""
    models = settings.dbt_dir / "models"
    (models / "below.sql").write_text("{{ config(schema='intermediate') }} select 1 as id union all select 1")
    (models / "below.yml").write_text(
        "models:\n  - name: below\n    columns:\n      - name: id\n        data_tests: [unique]\n"
    )
    try:
        prepare(settings)
        result = run(settings, DbtRunner(settings))
    finally:
        (models / "below.sql").unlink()
        (models / "below.yml").unlink()
        prepare(settings)
    assert not result.success
    assert not [e for e in result.get_asset_check_evaluations() if e.asset_key.path[-1] == "below"]
    failure = next(e for e in result.all_events if e.is_step_failure).step_failure_data
    assert "unique_below_id" in str(failure.error)


_HEAVY = """{{ config(schema='marts', materialized='table') }}
select case when current_setting('threads') > 1 then error('Out of Memory Error: too much at once') else 1 end as id
"""
_BEHIND = "{{ config(schema='marts', materialized='table') }} select * from {{ ref('heavy') }}"
_ALWAYS = "{{ config(schema='marts', materialized='table') }} select error('Out of Memory Error: even alone') as id"
_WRONG = "{{ config(schema='marts', materialized='table') }} select no_such_column from {{ ref('first') }}"


@contextmanager
def more_models(settings: Settings, models: dict[str, str]) -> Iterator[None]:
    for name, text in models.items():
        (settings.dbt_dir / "models" / name).write_text(text)
    prepare(settings)
    try:
        yield
    finally:
        for name in models:
            (settings.dbt_dir / "models" / name).unlink()
        prepare(settings)


def test_what_finds_too_little_memory_beside_others_is_built_alone(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A retailer that has grown must get a slower night, not a night without messages."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with more_models(settings, {"heavy.sql": _HEAVY, "behind.sql": _BEHIND}):
        result = run(settings, DbtRunner(settings))
    assert result.success
    assert materialised(result) == {"first", "second", "third", "fourth", "heavy", "behind"}


@pytest.mark.parametrize(("other", "why"), [(_ALWAYS, "even alone"), (_WRONG, "no_such_column")])
def test_what_fails_for_another_reason_is_not_tried_again_and_again(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, other: str, why: str
) -> None:
    """What stands behind a mistake must not be built on yesterday's table."""
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with more_models(settings, {"heavy.sql": _HEAVY, "behind.sql": _BEHIND, "other.sql": other}):
        runner = DbtRunner(settings)
        result = run(settings, runner)
    assert not result.success
    failure = next(e for e in result.all_events if e.is_step_failure).step_failure_data
    assert why in str(failure.error)
    assert ("behind" in materialised(result)) == (other == _ALWAYS)
