"""The template folder of another version: a git revision, or a folder. Nothing is checked out; files are only read."""

from __future__ import annotations

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class UnknownVersion(LookupError):
    """There is no such revision or folder; the message names the remedy."""


@contextmanager
def templates_of(version: str, templates_dir: Path) -> Iterator[Path]:
    """The folder with the templates of `version`: a path to a template folder, else a revision of their repository.

    Raises `UnknownVersion`.
    """
    folder = Path(version)
    if folder.is_dir():
        yield folder.resolve()
        return
    archive = _git(templates_dir, "archive", "--format=tar", version, ".", version=version)
    with tempfile.TemporaryDirectory(prefix="templates-") as scratch:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            tar.extractall(scratch, filter="data")
        yield Path(scratch)


def _git(templates_dir: Path, *arguments: str, version: str) -> bytes:
    try:
        result = subprocess.run(["git", "-C", str(templates_dir), *arguments], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise UnknownVersion(
            f"{version} is no folder, and git is not installed to look for a revision of that name."
        ) from error
    if result.returncode != 0:
        said = result.stderr.decode(errors="replace").strip().splitlines()
        raise UnknownVersion(
            f"{version} is neither a template folder nor a revision that git knows in {templates_dir.name}/: "
            f"{said[0] if said else 'git failed'}. `git branch --all` lists branches."
        )
    return result.stdout
