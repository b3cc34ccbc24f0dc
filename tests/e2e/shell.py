"""The command as a stranger starts it: from outside, with an environment of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def fredning(home: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """`fredning …` with its data under `home`/var and nothing else of this machine's environment."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "FREDNING_HOME": str(home / "var"),
        "COLUMNS": "200",
        **settings,
    }
    return subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def demo_settings(home: Path) -> dict[str, str]:
    """The settings that the demo under `home` was made with."""
    lines = (home / "var/demo/demo.env").read_text().splitlines()
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)
