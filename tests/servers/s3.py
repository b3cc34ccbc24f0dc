"""An S3 on loopback (moto's), which a test can cut off and start again; its buckets outlive that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from moto.server import ThreadedMotoServer

from tests.servers import free_port


@dataclass
class S3:
    port: int
    bucket: str = ""
    _running: ThreadedMotoServer | None = field(default=None, init=False)

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"s3://{self.bucket}/outbox"

    def start(self) -> None:
        self._running = ThreadedMotoServer("127.0.0.1", self.port, verbose=False)
        self._running.start()

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None


@contextmanager
def running_s3() -> Iterator[S3]:
    server = S3(free_port())
    server.start()
    try:
        yield server
    finally:
        server.stop()
