"""The journeys that are shipped: faultless, of every kind, and as the documentation has them."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import get_args

from assets.messaging.journeys import load_templates
from assets.messaging.triggers import Trigger
from tests.unit.messaging.template_root import SHIPPED, copy_of_templates


def test_the_shipped_templates_have_neither_mistakes_nor_warnings() -> None:
    """What is delivered must pass its own check, or nobody takes the check seriously."""
    assert load_templates(SHIPPED).warnings == ()


def test_the_shipped_policy_is_the_one_that_the_rules_name() -> None:
    """The contact policy is a promise to customers; a change must be made on purpose."""
    policy = load_templates(SHIPPED, check_texts=False).policy
    hour, day = 3600, 86_400
    marketing = ["post_purchase", "lifecycle", "newsletter"]
    assert [(r.when, r.counts, r.channels, r.window, r.max_messages) for r in policy.rules] == [
        (["post_purchase"], ["post_purchase"], None, 48 * hour, 1),
        (["newsletter"], ["post_purchase"], None, 48 * hour, 1),
        (marketing, marketing, ["email"], 7 * day, 4),
        (marketing, marketing, ["sms"], 30 * day, 4),
    ]


def test_the_journey_that_the_readme_tells_to_write_works_as_it_stands(tmp_path: Path) -> None:
    """A worked example that does not work costs a newcomer an afternoon, and their trust."""
    root = copy_of_templates(tmp_path, "welcome")
    readme = (SHIPPED / "README.md").read_text(encoding="utf-8")
    journey, texts, mail = (
        textwrap.dedent(block.split("\n", 1)[1]) for block in re.findall(r"   ```(.*?)\n   ```", readme, re.DOTALL)
    )
    folder = root / "journeys/candle_care"
    folder.mkdir()
    (folder / "journey.yml").write_text(journey, encoding="utf-8")
    (folder / "tips.mjml.j2").write_text(mail, encoding="utf-8")
    (folder / "tips.txt.j2").write_text(mail.replace("mjml", "txt"), encoding="utf-8")
    for language in ("nb", "sv", "da", "en"):
        (folder / f"texts.{language}.yml").write_text(texts, encoding="utf-8")
    templates = load_templates(root, known_groups=["candles"])
    assert templates.warnings == ()
    assert templates.journeys["candle_care"].once_per == "month"


def test_the_readme_names_every_kind_of_trigger_and_no_other() -> None:
    """A kind that nobody can find is not there."""
    readme = (SHIPPED / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| trigger kind |") : readme.index("What every journey may say")]
    named = {kind for row in table.strip().splitlines()[2:] for kind in re.findall(r"`(\w+)`", row.split("|")[1])}
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Trigger)[0])}
    assert named == kinds


def test_every_kind_of_trigger_has_a_shipped_journey() -> None:
    """What is not used by the demo is not known to work."""
    kinds = {get_args(kind.model_fields["kind"].annotation)[0] for kind in get_args(get_args(Trigger)[0])}
    assert {journey.trigger.kind for journey in load_templates(SHIPPED, check_texts=False).journeys.values()} == kinds
