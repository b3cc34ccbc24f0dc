"""Whom SFTP trusts: servers whose keys stand in the account's own known_hosts, and nobody else.

Hand-off files are full of addresses, and fsspec by itself trusts whoever answers first. Imported only where an
address asks for SFTP, because paramiko is not installed by default.
"""

from __future__ import annotations

from pathlib import Path

import paramiko


class KnownHostsOnly(paramiko.MissingHostKeyPolicy):
    """Refuses a server whose key is not known, or is another one than before."""

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        file = Path.home() / ".ssh" / "known_hosts"
        if file.exists() and paramiko.HostKeys(str(file)).check(hostname, key):
            return
        raise paramiko.SSHException(
            f"the {key.get_name()} key of {hostname} does not stand in {file}. Compare its fingerprint "
            f"({key.fingerprint}) with what the server's owner tells you, then add it with ssh-keyscan."
        )
