"""Runs `fredning` in this process, in a home of the test's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from orchestration.cli import main


class Shell:
    """The command line of one installation. A traceback is never a good answer, so it fails the test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, home: Path, **settings: str) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        self.set(HOME=str(home), TIMEZONE="Europe/Oslo", **settings)

    def set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"FREDNING_{name}", value)

    def run(self, *arguments: Any, code: int = 0) -> str:
        """What the command says, on both streams; it must end with `code`."""
        result: Result = CliRunner().invoke(main, [str(argument) for argument in arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert result.exit_code == code, result.output
        return result.output

    def refuses(self, *arguments: Any) -> str:
        """The one message of a command that cannot do what is asked."""
        said = self.run(*arguments, code=1)
        assert said.startswith("Error: ")
        assert "Traceback" not in said
        return said
