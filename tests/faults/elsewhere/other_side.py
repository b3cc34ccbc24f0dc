"""Hand-off files on a real SFTP server and on an S3, for tests: what counts is what a collector would take there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import boto3

from assets.messaging.channels.configured import file_channel
from assets.messaging.channels.file import own_staging
from assets.messaging.channels.remote_files import RemoteFileChannel
from assets.messaging.handoff import HandOffReport
from assets.messaging.manifest import SUFFIX
from assets.messaging.outbox import Outbox
from orchestration.settings import Settings
from tests.faults.kit import ListContent, hand_off, records_of, row
from tests.servers.s3 import S3
from tests.servers.sftp import Sftp

N = 6
CONTENT = ListContent([row(n) for n in range(N)])


@dataclass
class Elsewhere:
    """The other side as its owner sees it, past the code under test."""

    server: S3 | Sftp

    def files(self) -> dict[str, bytes]:
        """Everything that lies there, by the name that a collector sees."""
        if isinstance(self.server, Sftp):
            root = self.server.files
            return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}
        client = boto3.client("s3", endpoint_url=self.server.endpoint)
        keys = [one["Key"] for one in client.list_objects_v2(Bucket=self.server.bucket).get("Contents", [])]
        bodies = {key: client.get_object(Bucket=self.server.bucket, Key=key)["Body"].read() for key in keys}
        return {key.removeprefix("outbox/"): body for key, body in bodies.items()}

    def write(self, name: str, content: bytes) -> None:
        if isinstance(self.server, Sftp):
            path = self.server.files / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        else:
            client = boto3.client("s3", endpoint_url=self.server.endpoint)
            client.put_object(Bucket=self.server.bucket, Key=f"outbox/{name}", Body=content)

    def taken(self) -> list[str]:
        """Message ids of all records that a collector takes: whole files that a manifest names."""
        there, ids = self.files(), []
        for name in sorted(name for name in there if name.endswith(SUFFIX)):
            for file in json.loads(there[name])["files"]:
                content = there[file["path"]]
                assert hashlib.sha256(content).hexdigest() == file["sha256"]
                ids += [record["message_id"] for record in records_of(file["path"], content)]
        return sorted(ids)


def run(home: Settings, outbox: Outbox, *, max_batch: int = 3, **options: object) -> HandOffReport:
    """One hand-off with a channel of its own, as each process opens one."""
    work = hand_off(home, outbox, CONTENT, max_batch=max_batch, **options)
    work.channel = file_channel(home, own_staging(home.home / "staging"))
    return work.run()


def all_ids() -> list[str]:
    return sorted(one["message_id"] for one in CONTENT.rows)


def channel_to(url: str, folder: Path) -> RemoteFileChannel:
    return RemoteFileChannel(url, folder / "outbox", folder / "staging")
