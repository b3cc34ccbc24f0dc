"""What a piece of work costs: seconds of the clock, CPU seconds of the whole process, and the memory at its peak."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

_PAGE = 4096
_STATUS = Path("/proc/self/statm")


@dataclass
class Watch:
    """A context manager; its figures stand when it is left. Memory is looked at every 20 ms (Linux)."""

    wall: float = 0.0
    cpu: float = 0.0
    peak_mb: float = 0.0
    _done: threading.Event = field(default_factory=threading.Event, repr=False)

    def __enter__(self) -> Watch:
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        self._wall, self._cpu = time.monotonic(), time.process_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wall, self.cpu = time.monotonic() - self._wall, time.process_time() - self._cpu
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.02):
            pages = int(_STATUS.read_text().split()[1])
            self.peak_mb = max(self.peak_mb, pages * _PAGE / 1e6)
