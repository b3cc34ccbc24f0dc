"""A Kannel SMS gateway on loopback with a fake network behind it, whose own logs say what it sent."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers import free_port, is_listening, require, wait_for

_CONFIG = """
group = core
admin-port = {admin}
admin-password = secret
status-password = secret
smsbox-port = {boxes}
box-allow-ip = 127.0.0.1
log-file = "{folder}/bearerbox.log"
log-level = 1
access-log = "{folder}/access.log"
store-type = file
store-location = "{folder}/store"

group = smsc
smsc = fake
smsc-id = fake
port = {network}
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {port}
sendsms-chars = "0123456789+"
log-file = "{folder}/smsbox.log"
log-level = 1

group = sendsms-user
username = fredning
password = secret
max-messages = 10
concatenation = true

group = sms-service
keyword = default
text = "none"
max-messages = 0
"""


@dataclass(frozen=True)
class Kannel:
    port: int
    admin: int
    access_log: Path
    network_log: Path

    def received(self) -> Counter[str]:
        """How often the network got a message for each number, by the fake network's own log."""
        found = re.findall(r"Got message \d+: <\S+ (\+?\d+) ", self.network_log.read_text(errors="replace"))
        return Counter(found)


@contextmanager
def running_kannel() -> Iterator[Kannel]:
    """Start bearerbox, network and smsbox, in that order, and stop them."""
    bearerbox, smsbox, fakesmsc = require(["bearerbox", "smsbox", "fakesmsc"], "kannel kannel-extras")
    folder = Path(tempfile.mkdtemp(prefix="fredning-kannel-"))
    ports = {name: free_port() for name in ("admin", "boxes", "network", "port")}
    config = folder / "kannel.conf"
    config.write_text(_CONFIG.format(folder=folder, **ports))
    started: list[subprocess.Popen[bytes]] = []

    def start(*command: str, output: Path | None = None) -> None:
        with (output or folder / "output.log").open("ab") as log:
            started.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=folder))

    try:
        start(bearerbox, str(config))
        wait_for(lambda: is_listening(ports["boxes"]), 20, "bearerbox listens")
        network = folder / "network.log"
        start(
            fakesmsc, "-H", "127.0.0.1", "-r", str(ports["network"]), "-i", "1", "-m", "0", "1 2 text x", output=network
        )
        start(smsbox, str(config))
        wait_for(lambda: is_listening(ports["port"]), 20, "smsbox listens")
        time.sleep(0.5)
        yield Kannel(ports["port"], ports["admin"], folder / "access.log", network)
    finally:
        for process in reversed(started):
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(folder, ignore_errors=True)
