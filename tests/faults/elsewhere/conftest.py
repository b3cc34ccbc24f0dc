"""Running servers, and a folder or bucket of the test's own on one of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.elsewhere.other_side import Elsewhere
from tests.servers.s3 import S3, running_s3
from tests.servers.sftp import Sftp, running_sftp


@pytest.fixture(scope="package")
def sftp() -> Iterator[Sftp]:
    with running_sftp() as server:
        yield server


@pytest.fixture(scope="package")
def s3() -> Iterator[S3]:
    with running_s3() as server:
        yield server


@pytest.fixture
def server(sftp: Sftp, monkeypatch: pytest.MonkeyPatch) -> Sftp:
    """The SFTP server with nothing on it, and an account that trusts it."""
    monkeypatch.setenv("HOME", str(sftp.home))
    sftp.trust()
    for path in sorted(sftp.files.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    return sftp


@pytest.fixture(params=["sftp", "s3"])
def elsewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    """A folder or bucket of the test's own on a running server, and an account that may write there."""
    if request.param == "sftp":
        return Elsewhere(request.getfixturevalue("server"))
    server: S3 = request.getfixturevalue("s3")
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
