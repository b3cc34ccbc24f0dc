"""Hand-off files on a real SFTP server and on an S3: connections that are lost anywhere, names that are taken, keys
that nobody knows. What counts is what a collector would take from the other side."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import ClassVar

import boto3
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from assets.messaging.channels.configured import file_channel
from assets.messaging.channels.file import Found, NameTaken, own_staging
from assets.messaging.channels.remote_files import RemoteFileChannel, Unreachable
from assets.messaging.handoff import HandOffReport
from assets.messaging.manifest import SUFFIX
from assets.messaging.outbox import Outbox
from assets.messaging.reconcile import reconcile, verify
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, hand_off, records_of, row, states
from tests.servers.s3 import S3, running_s3
from tests.servers.scripted import cutting_proxy
from tests.servers.sftp import Sftp, running_sftp

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


@pytest.fixture(scope="module")
def sftp() -> Iterator[Sftp]:
    with running_sftp() as server:
        yield server


@pytest.fixture(scope="module")
def s3() -> Iterator[S3]:
    with running_s3() as server:
        yield server


@pytest.fixture(params=["sftp", "s3"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """A folder or bucket of the test's own on a running server, and an account that may write there."""
    server = request.getfixturevalue(request.param)
    if isinstance(server, Sftp):
        monkeypatch.setenv("HOME", str(server.home))
        server.trust()
        for path in sorted(server.files.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        return Elsewhere(server)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "eu-north-1",
        "AWS_ENDPOINT_URL_S3": server.endpoint,
        "AWS_MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(name, value)
    server.bucket = f"handoff-{uuid.uuid4().hex[:12]}"
    client = boto3.client("s3", endpoint_url=server.endpoint)
    client.create_bucket(Bucket=server.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-north-1"})
    return Elsewhere(server)


@pytest.fixture
def home(tmp_path: Path, elsewhere: Elsewhere) -> Settings:
    return kit.settings(tmp_path, files_to=elsewhere.server.url)


def run(home: Settings, outbox: Outbox, **options: object) -> HandOffReport:
    """One hand-off with a channel of its own, as each process opens one."""
    work = hand_off(home, outbox, CONTENT, max_batch=3, **options)
    work.channel = file_channel(home, own_staging(home.home / "staging"))
    return work.run()


def all_ids() -> list[str]:
    return sorted(one["message_id"] for one in CONTENT.rows)


def test_everything_lies_there_once_whole_and_named_by_manifests(
    home: Settings, outbox: Outbox, elsewhere: Elsewhere
) -> None:
    """The collector's rule is that of the local outbox; a second run adds and changes nothing."""
    assert run(home, outbox).n_accepted == N
    there = elsewhere.files()
    assert elsewhere.taken() == all_ids()
    assert [name for name in there if name.rpartition("/")[2].startswith(".")] == []
    assert run(home, outbox).n_accepted == 0
    assert elsewhere.files() == there
    assert verify(outbox, file_channel(home, home.home / "staging"), kit.RUN_DATE) == []


def test_the_manifest_comes_last(home: Settings, outbox: Outbox, elsewhere: Elsewhere) -> None:
    """A collector that looks in between must not take a batch that is still coming."""
    seen: dict[str, list[str]] = {}
    run(home, outbox, failpoint=lambda point: seen.setdefault(point, list(elsewhere.files())))
    assert any(name.endswith(".zst") for name in seen["revealed"])
    assert not any(name.endswith(SUFFIX) for name in seen["revealed"])
    assert any(name.endswith(SUFFIX) for name in seen["manifested"])


@pytest.mark.parametrize("point", ["intended", "revealed", "manifested"])
def test_a_connection_lost_at_this_point_is_made_good_once(
    home: Settings, outbox: Outbox, elsewhere: Elsewhere, point: str
) -> None:
    """Between file and manifest, before both and after both: the next run looks first, and every message goes once."""

    def cut(name: str) -> None:
        if name == point:
            elsewhere.server.stop()

    try:
        with pytest.raises(OSError):
            run(home, outbox, failpoint=cut)
    finally:
        elsewhere.server.start()
    before = elsewhere.files()
    reconcile(outbox, file_channel(home, home.home / "staging"), kit.SIX, senders_are_gone=True)
    run(home, outbox)
    run(home, outbox)
    assert elsewhere.taken() == all_ids()
    assert states(outbox) == {"ACCEPTED": N}
    after = elsewhere.files()
    assert {name: after[name] for name in before} == before, "what lay there was changed"


def test_a_name_that_is_taken_by_other_content_is_left_alone_and_a_person_asked(
    home: Settings, outbox: Outbox, elsewhere: Elsewhere
) -> None:
    """Whoever put it there may have collected it; overwriting would make two truths of one name."""
    work = hand_off(home, outbox, CONTENT, max_batch=N)
    _, waiting = work.planner.plan()
    [(batch_id, _)] = waiting
    name = f"{kit.RUN_DATE}/email/{batch_id}.ndjson.zst"
    elsewhere.write(name, b"something else")
    with pytest.raises(NameTaken):
        run_whole(home, outbox)
    assert elsewhere.files()[name] == b"something else"
    assert elsewhere.taken() == []
    assert states(outbox) == {"QUARANTINED": N}


@pytest.mark.parametrize("first", [b"something else", b"the very same"])
def test_two_senders_who_both_saw_nothing_never_write_over_each_other(
    elsewhere: Elsewhere, home: Settings, first: bytes
) -> None:
    """Between a look and a write there is always an instant; only the other side can close it."""
    name, content = "2026-11-20/email/batch.ndjson.zst", b"the very same"
    channel = file_channel(home, home.home / "staging")
    look, looks = channel.read, iter([elsewhere])

    def read(asked: str) -> bytes | None:
        for other in looks:
            assert look(asked) is None
            other.write(name, first)
            return None
        return look(asked)

    channel.read = read  # type: ignore[method-assign]
    staged = channel.stage(name, content)
    if first == content:
        channel.reveal(staged, name)
    else:
        with pytest.raises(NameTaken):
            channel.reveal(staged, name)
    assert elsewhere.files() == {name: first}


def run_whole(home: Settings, outbox: Outbox) -> HandOffReport:
    work = hand_off(home, outbox, CONTENT, max_batch=N)
    work.channel = file_channel(home, own_staging(home.home / "staging"))
    return work.run()


def test_a_channel_whose_connection_was_lost_makes_a_new_one(
    home: Settings, outbox: Outbox, elsewhere: Elsewhere
) -> None:
    """A process that runs many days must not carry a dead connection from one to the next."""
    channel = file_channel(home, home.home / "staging")
    channel.put("2026-11-20/first.manifest.json", b"{}")
    elsewhere.server.stop()
    with pytest.raises(OSError):
        channel.put("2026-11-20/second.manifest.json", b"{}")
    elsewhere.server.start()
    channel.put("2026-11-20/second.manifest.json", b"{}")
    assert len(elsewhere.files()) == 2


# --- object stores of all kinds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"])
@pytest.mark.parametrize("first", [b"something else", b"the very same"])
def test_no_object_store_is_asked_to_write_over_what_somebody_wrote_between_look_and_write(
    scheme: str, first: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google's and Azure's adapters take the same word for it as S3's, which is tried above; here is who is asked."""

    class Store(MemoryFileSystem):
        protocol = scheme
        store: ClassVar[dict[str, object]] = {}
        asked: ClassVar[list[str]] = []

        def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **_: object) -> None:
            self.asked.append(mode)
            super().pipe_file(path, first)
            super().pipe_file(path, value, mode=mode)

    monkeypatch.setitem(import_module("fsspec.registry")._registry, scheme, Store)
    channel, name = channel_to(f"{scheme}://outbox/drop", tmp_path), "2026-11-20/email/batch.ndjson.zst"
    if first == b"the very same":
        channel.put(name, b"the very same")
    else:
        with pytest.raises(NameTaken):
            channel.put(name, b"the very same")
    assert Store.asked == ["create"]
    assert channel.read(name) == first


# --- SFTP only ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server(sftp: Sftp, monkeypatch: pytest.MonkeyPatch) -> Sftp:
    monkeypatch.setenv("HOME", str(sftp.home))
    sftp.trust()
    for path in sorted(sftp.files.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return sftp


def channel_to(url: str, folder: Path) -> RemoteFileChannel:
    return RemoteFileChannel(url, folder / "outbox", folder / "staging")


def test_a_half_written_file_has_no_name_that_anybody_takes(server: Sftp, tmp_path: Path) -> None:
    """SFTP shows a file while it grows. Cut off in the middle, it must not look like a batch, nor stand in the way."""
    content, name = b"\x00\x01\x02\x03" * 500_000, "2026-11-20/email/batch.ndjson.zst"
    with cutting_proxy(server.port, after_bytes=600_000) as port:
        server.trust(port=port)
        channel = channel_to(server.url.replace(f":{server.port}", f":{port}"), tmp_path)
        with pytest.raises(OSError):
            channel.reveal(channel.stage(name, content), name)
    (left,) = [path for path in server.files.rglob("*") if path.is_file()]
    assert left.name.startswith(".")
    assert 0 < left.stat().st_size < len(content)
    again = channel_to(server.url, tmp_path)
    digest = hashlib.sha256(content).hexdigest()
    assert again.look_up(name, digest, f"2026-11-20/batch{SUFFIX}", b"{}") is Found.NOTHING
    again.reveal(again.stage(name, content), name)
    assert (server.files / name).read_bytes() == content


def test_a_server_that_nobody_knows_gets_nothing(server: Sftp, tmp_path: Path) -> None:
    """fsspec alone trusts whoever answers first; the files are full of addresses."""
    (server.home / ".ssh" / "known_hosts").unlink()
    with pytest.raises(Unreachable, match="known_hosts"):
        channel_to(server.url, tmp_path).put("2026-11-20/x.manifest.json", b"{}")
    assert list(server.files.iterdir()) == []


def test_a_server_with_another_key_than_before_gets_nothing(server: Sftp, tmp_path: Path) -> None:
    """A changed key is what an attacker in the middle looks like."""
    kind, other = (server.home / ".ssh" / "id_ed25519.pub").read_text().split()[:2]
    (server.home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{server.port} {kind} {other}\n")
    with pytest.raises(Unreachable, match="known_hosts"):
        channel_to(server.url, tmp_path).put("2026-11-20/x.manifest.json", b"{}")
    assert list(server.files.iterdir()) == []


def test_the_address_is_in_no_words(server: Sftp, tmp_path: Path) -> None:
    """It may hold a password; settings and errors are logged."""
    url = server.url.replace("sftp://", "sftp://someone:hunter2-")
    assert "hunter2" not in repr(replace(kit.settings(tmp_path), files_to=url))
    with pytest.raises(OSError) as error:
        channel_to(f"sftp://nobody:hunter2@127.0.0.1:{server.port}/x", tmp_path).put("x.manifest.json", b"{}")
    assert "hunter2" not in str(error.value)
