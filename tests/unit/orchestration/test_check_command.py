"""`fredning check`: what a marketer reads after breaking something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.messaging.template_root import change, copy_of_templates
from tests.unit.orchestration.command_line import Shell


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_templates(tmp_path, "cart_abandoned")


def test_good_journeys_are_listed_with_what_they_do(shell: Shell, tmp_path: Path) -> None:
    """The table is the quickest view of what is on, in the order in which messages win."""
    said = shell.run("check", copy_of_templates(tmp_path, "post_purchase_coffee", "welcome"))
    assert said.index("welcome") < said.index("post_purchase_coffee")
    assert "coffee_product_block (with_products, without_products)" in said
    assert "hello, first_order" in said
    assert "2 journeys, 4 steps: nothing wrong." in said
    assert "Journeys in nb, sv, da, en" in said


def test_an_unknown_trigger_is_named_with_its_line_and_the_likely_one(shell: Shell, root: Path) -> None:
    """A misspelt trigger starts nothing, silently, for weeks."""
    journey = root / "journeys" / "cart_abandoned" / "journey.yml"
    change(journey, "kind: cart_abandoned", "kind: cart_abandonned")
    said = shell.run("check", root, code=1)
    assert "1 mistake in" in said
    line = journey.read_text(encoding="utf-8").split("trigger:")[0].count("\n") + 1
    assert f"journeys/cart_abandoned/journey.yml:{line}: unknown trigger `cart_abandonned`" in said
    assert "Did you mean cart_abandoned?" in said


def test_a_missing_template_is_named_with_the_file_to_create(shell: Shell, root: Path) -> None:
    """A step without a text part would be a mail without one."""
    (root / "journeys" / "cart_abandoned" / "reminder.txt.j2").unlink()
    said = shell.run("check", root, code=1)
    assert "reminder.txt.j2 is missing" in said
    assert "Create journeys/cart_abandoned/reminder.txt.j2" in said


def test_bad_yaml_is_named_with_its_line(shell: Shell, root: Path) -> None:
    """The most common slip of all; a parser's traceback helps nobody."""
    journey = root / "journeys" / "cart_abandoned" / "journey.yml"
    journey.write_text('name: "Left in the cart\nsteps: [', encoding="utf-8")
    said = shell.run("check", root, code=1)
    assert "journeys/cart_abandoned/journey.yml:" in said
    assert "cannot be read as YAML" in said
    assert "Check indentation" in said


def test_mistakes_of_several_files_come_together(shell: Shell, root: Path) -> None:
    """Somebody who repairs one mistake per run gives up."""
    change(root / "journeys" / "cart_abandoned" / "journey.yml", "kind: cart_abandoned", "kind: nothing_known")
    policy = root / "policy.yml"
    policy.write_text(policy.read_text(encoding="utf-8") + "\nno_such_setting: 1\n", encoding="utf-8")
    said = shell.run("check", root, code=1)
    assert "2 mistakes in" in said
    assert "unknown setting `no_such_setting`" in said


def test_warnings_are_listed_apart_and_do_not_fail(shell: Shell, root: Path) -> None:
    """A leftover file is worth a word, and no reason to stop the day."""
    folder = root / "journeys" / "cart_abandoned"
    (folder / "old_idea.sms.j2").write_text("Hi", encoding="utf-8")
    said = shell.run("check", root)
    assert "1 warning:" in said
    assert "old_idea.sms.j2:1: no step uses this template" in said
    assert "no mistakes." in said


def test_a_folder_that_is_not_there_is_said_so(shell: Shell, tmp_path: Path) -> None:
    """A mistyped setting must not look like forty missing files."""
    shell.set(TEMPLATES=str(tmp_path / "nowhere"))
    assert "FREDNING_TEMPLATES" in shell.refuses("check")
