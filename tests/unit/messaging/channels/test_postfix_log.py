"""The log of a relay: what it proves of a mail in doubt, and what it does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from assets.messaging.channels.messages import Doubt, Fate
from assets.messaging.channels.postfix_log import PostfixLog

_LOG = """\
Nov 20 09:00:00 relay postfix/smtpd[7]: connect from localhost[127.0.0.1]
Nov 20 09:00:00 relay postfix/smtpd[7]: AAA: client=localhost[127.0.0.1]
Nov 20 09:00:00 relay postfix/cleanup[8]: AAA: message-id=<taken@x>
Nov 20 09:00:00 relay postfix/qmgr[9]: AAA: from=<a@b.example>, size=258, nrcpt=1 (queue active)
Nov 20 09:00:00 relay postfix/smtpd[7]: AAA: client=localhost[127.0.0.1]
Nov 20 09:00:00 relay postfix/cleanup[8]: AAA: message-id=<cut@x>
Nov 20 09:00:01 relay postfix/smtpd[7]: lost connection after DATA (60028 bytes) from localhost[127.0.0.1]
Nov 20 09:00:01 relay postfix/smtpd[7]: BBB: client=localhost[127.0.0.1]
Nov 20 09:00:01 relay postfix/cleanup[8]: BBB: message-id=<underway@x>
"""


def test_the_log_says_taken_cut_off_or_under_way(tmp_path: Path) -> None:
    """A queue id that was given away again speaks for its last mail; a mail under way is not absent."""
    path = tmp_path / "mail.log"
    local = datetime(2026, 11, 20, 9, tzinfo=datetime.now().astimezone().tzinfo)
    path.write_text(_LOG)
    names = ("taken", "cut", "underway", "never")
    doubts = [Doubt(name, local.astimezone(UTC)) for name in names]
    log = PostfixLog(path, timedelta(seconds=30))
    at_once = log.look_up(doubts, local + timedelta(seconds=2))
    assert at_once == {"taken": Fate.ACCEPTED}, "the log may still be behind"
    settled = log.look_up(doubts, local + timedelta(minutes=5))
    assert settled == {"taken": Fate.ACCEPTED, "cut": Fate.ABSENT, "never": Fate.ABSENT}


def test_a_log_that_begins_after_the_attempt_proves_nothing(tmp_path: Path) -> None:
    """It was rotated away, or belongs to another server."""
    path = tmp_path / "mail.log"
    path.write_text(_LOG)
    earlier = datetime(2026, 11, 20, 8, tzinfo=datetime.now().astimezone().tzinfo)
    assert PostfixLog(path).look_up([Doubt("never", earlier)], earlier + timedelta(hours=3)) == {}
