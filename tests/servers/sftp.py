"""An OpenSSH server on loopback that serves files by SFTP to one key, and that a test can cut off and start again."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers import free_port, is_listening, require, wait_for

_CONFIG = """
ListenAddress 127.0.0.1
HostKey {folder}/host_key
PidFile {folder}/pid
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin prohibit-password
Subsystem sftp internal-sftp
"""


@dataclass
class Sftp:
    """`home` is the client's account: its key and the servers it knows."""

    port: int
    folder: Path
    _sshd: str
    _running: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def files(self) -> Path:
        return self.folder / "files"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def url(self) -> str:
        return f"sftp://{getpass.getuser()}@127.0.0.1:{self.port}{self.files}"

    def start(self) -> None:
        command = [self._sshd, "-D", "-e", "-f", str(self.folder / "config"), "-p", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self._running = subprocess.Popen(command, stderr=log)
        wait_for(lambda: is_listening(self.port), 20, "sshd listens")

    def stop(self) -> None:
        """At once, with every session: as if the machine had gone."""
        if self._running is not None:
            for process in _family(self._running.pid):
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            self._running.wait(timeout=10)
            self._running = None

    def trust(self, *, port: int | None = None) -> None:
        """Write the server's key into the client's known_hosts, also for a proxy before it."""
        kind, key = (self.folder / "host_key.pub").read_text().split()[:2]
        lines = [f"[127.0.0.1]:{one} {kind} {key}\n" for one in (self.port, port) if one]
        (self.home / ".ssh" / "known_hosts").write_text("".join(lines))


@contextmanager
def running_sftp() -> Iterator[Sftp]:
    """Start one and stop it. Skips where there is none."""
    [sshd, keygen] = require(["sshd", "ssh-keygen"], "openssh-server")
    folder = Path(tempfile.mkdtemp(prefix="fredning-sftp-"))
    server = Sftp(free_port(), folder, sshd)
    (server.home / ".ssh").mkdir(parents=True, mode=0o700)
    server.files.mkdir()
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for path in (folder / "host_key", server.home / ".ssh" / "id_ed25519"):
        subprocess.run([keygen, "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    shutil.copy(server.home / ".ssh" / "id_ed25519.pub", folder / "authorized_keys")
    (folder / "config").write_text(_CONFIG.format(folder=folder))
    server.trust()
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _family(process: int) -> list[int]:
    """The process and all that came of it: each session is one of its own."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(one for child in children for one in _family(int(child)))]
