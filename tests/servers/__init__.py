"""Real counterparts that nobody here wrote (Postfix, Kannel, Postgres), each started with a config of its own.

Where a server cannot be had a test skips with the reason; `FREDNING_REQUIRE_SERVERS=1` (CI) makes that a failure.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

_ELSEWHERE = ("/usr/sbin", "/usr/lib/kannel/test", *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"))))


def program(name: str) -> str | None:
    """Where a server's program lies; Debian keeps some of them off the PATH."""
    return shutil.which(name) or shutil.which(name, path=":".join(_ELSEWHERE))


def require(names: Iterable[str], packages: str) -> list[str]:
    """Paths of these programs, or the test is skipped (in CI: failed) with what to install."""
    paths = {name: program(name) for name in names}
    missing = [name for name, path in paths.items() if path is None]
    if missing:
        reason = f"needs {', '.join(missing)}: apt-get install {packages}"
        if os.environ.get("FREDNING_REQUIRE_SERVERS") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return [path for path in paths.values() if path is not None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], bool], seconds: float, said: str) -> None:
    """Poll until it is true; fails the test with what was waited for."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds:g} s in vain: {said}")
        time.sleep(0.05)


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
