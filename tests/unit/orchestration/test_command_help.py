"""The command explains itself, and says what is wrong with its surroundings in a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from orchestration.cli import main
from orchestration.settings import Settings
from tests.unit.orchestration.command_line import Shell


def commands(group: click.Group, *path: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, *path, name)
        else:
            yield (*path, name)


@pytest.mark.parametrize("path", sorted(commands(main)), ids=" ".join)
def test_every_command_shows_an_example_and_explains_every_option(shell: Shell, path: tuple[str, ...]) -> None:
    """Somebody with a problem at six in the morning reads --help, not the source."""
    said = shell.run(*path, "--help")
    assert f"Example:  fredning {' '.join(path)}" in said
    command: click.Command = main
    for name in path:
        assert isinstance(command, click.Group)
        command = command.commands[name]
    assert (command.help or "").split("\n")[0].endswith("."), "the list of commands shows the first sentence"
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.name not in ("port", "help"):
            assert parameter.help, f"--{parameter.name}"


def test_the_list_of_commands_shows_whole_sentences(shell: Shell) -> None:
    """A sentence that is cut off in the middle says nothing."""
    for path in ((), ("outbox",)):
        listed = shell.run(*path, "--help").split("Commands:")[1]
        assert "..." not in listed


def test_unusable_settings_are_named_all_at_once(shell: Shell) -> None:
    """A wrong environment must not show as a traceback of whatever meets it first."""
    shell.set(TIMEZONE="Mars/Olympus", APPROVAL="maybe")
    said = shell.refuses("reasons")
    assert "FREDNING_TIMEZONE" in said
    assert "FREDNING_APPROVAL" in said


def test_a_day_must_be_written_as_a_day(shell: Shell) -> None:
    """An unreadable day must not be taken for today."""
    assert "is not a day like 2026-01-31" in shell.run("ledger", "--date", "20.11.2026", code=2)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--date", "2020-01-01"], "before the first day of this installation, 2026-01-01"),
        (["--date", "2999-01-01"], "has not begun"),
        (["--date", "2026-02-02", "--until", "2026-02-01"], "swap them"),
    ],
)
def test_days_that_cannot_be_run_are_refused_before_anything_starts(
    shell: Shell, arguments: list[str], expected: str
) -> None:
    """Dagster would answer an impossible day with its own words for partitions, after loading everything."""
    shell.set(FIRST_RUN_DATE="2026-01-01")
    assert expected in shell.refuses("run", *arguments)
    assert not shell.home.exists()


def test_a_run_without_a_key_is_refused_before_it_starts(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the day would be decided, and fail half a minute later at the first unsubscribe link."""
    monkeypatch.delenv("FREDNING_SECRET_KEY", raising=False)
    monkeypatch.setattr("orchestration.commands.days.require_manifest", lambda settings: None)
    assert "FREDNING_SECRET_KEY is not set" in shell.refuses("run", "--date", "2026-02-01")


def test_a_demo_with_other_days_than_the_homes_is_refused_in_a_sentence(shell: Shell) -> None:
    """It would mix two invented histories; the remedy is part of the message."""
    (shell.home / "demo").mkdir(parents=True)
    (shell.home / "demo" / "days.json").write_text('{"today": "2026-01-20", "days": 3}')
    assert "make clean-demo" in shell.refuses("demo", "--today", "2026-01-21")


def test_an_unprepared_checkout_is_told_how_to_prepare_it(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    """The first thing that a newcomer forgets."""
    empty = Settings(home=shell.home, dbt_dir=tmp_path / "dbt_project")
    monkeypatch.setattr("orchestration.commands.days.settings_or_exit", lambda: empty)
    assert "make setup" in shell.refuses("run", "--date", "2026-02-01")
