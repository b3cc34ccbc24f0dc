"""What else a ledger that is built anew must know, and what the command tells the person who builds it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from assets.messaging.ledger import suppressions
from assets.messaging.ledger_guard import LedgerRefused, open_ledger
from assets.privacy.counted import count_erased, n_erased_since
from orchestration.commands.outbox import outbox as outbox_command
from orchestration.settings import Settings
from tests.faults import kit
from tests.faults.kit import ListContent, row
from tests.faults.lost_ledger import EVERYTHING, FIRST, SECOND, decided, lose, rebuilt, resume, run


@pytest.mark.parametrize("has_old_copy", [True, False])
def test_the_keys_that_the_lost_ledger_was_used_with_are_remembered(
    home: Settings, tmp_path: Path, has_old_copy: bool
) -> None:
    """A rebuilt ledger must not forget that hashes of a former key stand in it."""
    run(home, FIRST)
    shutil.copy(home.ledger_path, tmp_path / "backup")
    run(home, EVERYTHING)
    lose(home)
    if has_old_copy:
        shutil.copy(tmp_path / "backup", home.ledger_path)
    changed = replace(home, secret_key="n" * 40)
    rebuilt(changed)
    with pytest.raises(LedgerRefused, match="FORMER_SECRET_KEYS"):
        open_ledger(changed)
    open_ledger(replace(changed, former_secret_keys=(kit.SECRET,))).close()


def test_everything_is_stopped_until_a_person_resumes(home: Settings) -> None:
    """Somebody looks before the first message leaves under the new ledger."""
    run(home, FIRST)
    lose(home)
    rebuilt(home)
    assert run(home, SECOND) == 0
    resume(home)
    assert run(home, SECOND) == len(SECOND.rows)


def test_whom_to_leave_alone_survives_the_ledger(home: Settings) -> None:
    """After an erasure only the ledger knows the hash; its export carries it over."""
    stop = {"address_key": "0123", "channel": "email", "reason": "erased", "at": kit.SIX}
    with open_ledger(home) as outbox, outbox.transaction() as tx:
        tx.execute(outbox.insert_new(suppressions).values(stop))
    run(home, FIRST)
    lose(home)
    assert rebuilt(home).n_suppressions == 1
    with open_ledger(home) as outbox, outbox.transaction() as tx:
        assert [dict(found) for found in tx.execute(suppressions.select()).mappings()] == [stop]


def test_how_many_were_erased_is_carried_over_from_an_old_copy(home: Settings, tmp_path: Path) -> None:
    """Nothing else counts them: without the number an audit would take what they left for a changed fact."""
    with open_ledger(home) as outbox, outbox.transaction() as tx:
        count_erased(tx, kit.RUN_DATE, 3, kit.SIX)
    run(home, FIRST)
    shutil.copy(home.ledger_path, tmp_path / "backup")
    run(home, SECOND)
    lose(home)
    shutil.copy(tmp_path / "backup", home.ledger_path)
    rebuilt(home)
    assert n_erased_since(home, kit.RUN_DATE) == 3


def test_a_look_changes_nothing(home: Settings) -> None:
    """Without --write the guard goes on refusing, and no file comes or goes."""
    run(home, FIRST)
    lose(home)
    before = sorted(home.home.rglob("*"))
    assert rebuilt(home, write=False).states == {"ACCEPTED": len(FIRST.rows)}
    assert sorted(home.home.rglob("*")) == before
    with pytest.raises(LedgerRefused):
        open_ledger(home)


def test_a_ledger_in_order_is_not_rebuilt(home: Settings) -> None:
    """Rebuilding forgets what only the ledger knows (attempts, who approved): never without need."""
    run(home, FIRST)
    with pytest.raises(LedgerRefused, match="in order"):
        rebuilt(home)


def test_the_shell_says_what_it_would_do_and_does_it(home: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words a data engineer needs at that hour: what is wrong, what would be, what to do next."""
    run(home, FIRST)
    decided(home, ListContent([row(50)]))
    lose(home)
    monkeypatch.setenv("FREDNING_HOME", str(home.home))
    monkeypatch.setenv("FREDNING_SECRET_KEY", kit.SECRET)
    looked = CliRunner().invoke(outbox_command, ["rebuild", "--by", "kari"]).output
    assert "it is missing" in looked
    assert "Nothing was written" in looked
    done = CliRunner().invoke(outbox_command, ["rebuild", "--by", "kari", "--write"]).output
    assert "outbox resolve" in done
    assert "outbox resume" in done
    assert kit.CANARY not in looked + done
    waiting = CliRunner().invoke(outbox_command, ["batches"]).output
    assert ".rebuilt" in waiting
