"""The terminal as tables and progress meet it: as wide as it is, or wide enough where nobody looks at it directly."""

from __future__ import annotations

from rich.console import Console

# Where no terminal tells its own width (a pipe, CI, a log file), a table needs no narrow screen's line breaks.
_WIDTH_WITHOUT_TERMINAL = 200


def open_console() -> Console:
    """A console that prints words as they are, without guessing what they mean."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_WIDTH_WITHOUT_TERMINAL)
