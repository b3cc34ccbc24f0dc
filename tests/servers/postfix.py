"""A Postfix on loopback that takes every mail and discards it, and whose own log says which."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import free_port, is_listening, require, wait_for

_MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
discard unix - - n - - discard
error unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""
_MAIN = """
compatibility_level = 3.6
myhostname = relay.test
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
default_transport = discard:
relay_transport = discard:
local_recipient_maps =
alias_maps =
alias_database =
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_client_connection_count_limit = 0
{more}
"""


@dataclass(frozen=True)
class Postfix:
    port: int
    log: Path

    def received(self) -> Counter[str]:
        """How often each Message-ID was queued and delivered, by the server's own log (id without its host)."""
        id_of: dict[str, str] = {}
        delivered: Counter[str] = Counter()
        for line in self.log.read_text().splitlines():
            if found := re.search(r"cleanup\[\d+\]: (\w+): message-id=<([^@>]+)@", line):
                id_of[found[1]] = found[2]
            elif found := re.search(r"discard\[\d+\]: (\w+): to=.* status=sent", line):
                delivered[id_of[found[1]]] += 1
        return delivered

    def n_queued(self) -> int:
        return sum("(queue active)" in line for line in self.log.read_text().splitlines())


@contextmanager
def running_postfix(more: str = "") -> Iterator[Postfix]:
    """Start one, with further lines of main.cf, and stop it. Skips where there is none, or no root to run it."""
    [postfix] = require(["postfix"], "postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts as root only")
    folder = Path(tempfile.mkdtemp(prefix="fredning-postfix-"))
    folder.chmod(0o755)
    port = free_port()
    config = folder / "config"
    for name in ("config", "queue", "data"):
        (folder / name).mkdir()
    (config / "main.cf").write_text(_MAIN.format(folder=folder, more=more))
    (config / "master.cf").write_text(_MASTER.format(port=port))
    (config / "dynamicmaps.cf").write_text("")
    os.chown(folder / "data", pwd.getpwnam("postfix").pw_uid, -1)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    try:
        subprocess.run([postfix, "-c", str(config), "start"], check=True, timeout=60, **quiet)
        wait_for(lambda: is_listening(port), 20, "Postfix listens")
        yield Postfix(port, folder / "mail.log")
    finally:
        subprocess.run([postfix, "-c", str(config), "stop"], check=False, timeout=60, **quiet)
        shutil.rmtree(folder, ignore_errors=True)
