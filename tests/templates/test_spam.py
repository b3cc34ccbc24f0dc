"""Every shipped mail as a spam filter of somebody else's making sees it: Debian's SpamAssassin, without the network."""

from __future__ import annotations

import mailbox
import re
import subprocess
from email import message_from_bytes
from pathlib import Path

import pytest

from assets.messaging.journeys import load_templates
from assets.messaging.mime import Mail, mail_bytes
from assets.messaging.render import Renderer
from assets.messaging.template_samples import sample_rows
from orchestration.settings import REPOSITORY, Settings
from tests.servers import require

MAX_SCORE = 1.0
TEMPLATES = load_templates(REPOSITORY / "templates", check_texts=False)


def shipped_mails() -> dict[str, bytes]:
    """Every mail of the shipped journeys with the headers it leaves with, by a name that says which it is."""
    renderer = Renderer(Settings(secret_key="a key for tests, signs nothing real"), TEMPLATES)
    sender, mails = TEMPLATES.brand.senders.email, {}
    for row in sample_rows(TEMPLATES, n_lines=3):
        if row.channel == "email":
            done = renderer.quoted(row)
            name = "/".join((row.journey, row.step, row.variant or "", row.branch, str(row.language)))
            mail = Mail(
                row.message_id, "post.shop.example", sender.name, sender.address, "kari@kunde.example", row.send_at,
                done.subject, done.text, done.html, f"https://fredning.example/u/{row.message_id}", "a:b:c:d",
                sender.reply_to, row.language,
            )  # fmt: skip
            mails[name] = mail_bytes(mail)
    return mails


@pytest.mark.slow
def test_no_shipped_mail_looks_like_spam(tmp_path: Path) -> None:
    """A layout or a text that filters dislike costs every customer's inbox, and shows in no other test."""
    (spamassassin,) = require(["spamassassin"], "spamassassin")
    mails = shipped_mails()
    names = {message_from_bytes(content)["Message-ID"]: name for name, content in mails.items()}
    box = mailbox.mbox(tmp_path / "mails.mbox")
    for content in mails.values():
        box.add(content)
    box.close()
    # No network: reputation and block lists are about servers; these mails have met none. The rule that a mail came
    # without any Received line is about that, too.
    done = subprocess.run(
        [
            spamassassin, "--local", "--mbox", f"--prefspath={tmp_path / 'user_prefs'}", "--cf=score NO_RECEIVED 0",
            "--cf=score NO_RELAYS 0", "--cf=use_bayes 0", "--cf=report_safe 0", str(tmp_path / "mails.mbox"),
        ],
        capture_output=True, timeout=1_800, check=True, env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
    )  # fmt: skip
    (tmp_path / "judged.mbox").write_bytes(done.stdout)
    scores: dict[str, tuple[float, str]] = {}
    for message in mailbox.mbox(tmp_path / "judged.mbox"):
        status = " ".join(str(message["X-Spam-Status"]).split())
        found = re.search(r"score=(-?[\d.]+).*?tests=(\S+)", status)
        assert found, status
        scores[names[message["Message-ID"]]] = (float(found.group(1)), found.group(2))
    assert set(scores) == set(mails), "some mails were not judged"
    disliked = {name: said for name, said in scores.items() if said[0] >= MAX_SCORE}
    assert not disliked
