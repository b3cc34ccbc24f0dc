"""What `fredning diff` over some weeks costs, against one day of the daily run on the same installation.

    python tests/benchmarks/diff.py --home var --days 28      (after `make demo`: as many days as it has)

Both work on a copy of the installation, in processes of their own, and are counted in CPU seconds with their start-up.
The other version is the installation's own templates with shorter quarantines, so that the two sides part. The target:
28 days cost less than 10 times one day.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from orchestration.settings import REPOSITORY, Settings

TARGET_DAYS = 28


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=Settings.from_env().home, help="An installation with some days.")
    parser.add_argument("--days", type=int, default=TARGET_DAYS)
    options = parser.parse_args()
    warehouse = Settings(home=options.home).warehouse_path
    if not warehouse.is_file():
        print(f"nothing to compare: {options.home} holds no decided days (run `make demo`, or name one with --home)")
        return
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "select max(run_date), count(distinct run_date) from marts.fct_contact_decisions"
        ).fetchone()
    assert found is not None
    newest, n_days = found[0], min(options.days, found[1])
    with tempfile.TemporaryDirectory() as folder:
        home, other = Path(folder) / "home", Path(folder) / "templates"
        shutil.copytree(options.home, home, symlinks=True)
        shutil.copytree(REPOSITORY / "templates", other)
        policy = other / "policy.yml"
        policy.write_text(policy.read_text(encoding="utf-8").replace("window: 48h", "window: 24h"), encoding="utf-8")
        day = _cpu_seconds(home, "run", "--date", str(newest))
        diff = _cpu_seconds(home, "diff", "--base", str(other), "--days", str(n_days), "--until", str(newest))
    print(f"one day, {newest}: {day:.1f} CPU s")
    print(f"diff over {n_days} days: {diff:.1f} CPU s, {diff / day:.1f} times one day")
    if n_days < TARGET_DAYS:
        print(f"at this rate {TARGET_DAYS} days take {diff / n_days * TARGET_DAYS / day:.1f} times one day")


def _cpu_seconds(home: Path, *arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli", *arguments],
        cwd=REPOSITORY, env={**os.environ, **_demo(home), "FREDNING_HOME": str(home)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _demo(home: Path) -> dict[str, str]:
    """A demo's settings lie beside its data."""
    path = home / "demo" / "demo.env"
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return dict(line.removeprefix("export ").split("=", 1) for line in lines)


if __name__ == "__main__":
    main()
