"""Settings of journeys and policy: everything that is wrong is named with its place and remedy."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from assets.messaging.journey_schema import Experiment
from assets.messaging.journeys import load_templates
from assets.messaging.template_files import TemplateErrors
from assets.messaging.yaml_types import parse_duration
from tests.unit.messaging.journeys.mistakes import mistakes_of, only_mistake
from tests.unit.messaging.template_root import change, copy_of_templates


def test_every_mistake_of_every_file_is_listed_at_once(root: Path) -> None:
    """Someone who repairs one mistake per run gives up; and a half-checked folder sends wrong messages."""
    change(root / "journeys/welcome/journey.yml", "kind: joined", "kind: joins")
    change(root / "journeys/cart_abandoned/journey.yml", "delay: 3 days", "delay: soon")
    change(root / "policy.yml", "window: 48h", "window: 48 horus")
    change(root / "brand.yml", "sender_id: Fjordkurven", "sender_id: Fjordkurven AS")
    files = {mistake.file for mistake in mistakes_of(root)}
    assert files == {
        "journeys/welcome/journey.yml", "journeys/cart_abandoned/journey.yml", "policy.yml", "brand.yml"
    }  # fmt: skip


def test_an_exception_of_the_volume_names_a_journey_and_days_that_can_be(root: Path) -> None:
    """It is written before a large day; a slip in it would hold the very messages that were agreed on."""
    line = "exceptions: [{journey: welcom, day: 2026-11-27, max_messages: 9}]"
    change(root / "policy.yml", "exceptions: []", line)
    mistake = only_mistake(root)
    assert (mistake.file, mistake.problem) == ("policy.yml", "there is no journey `welcom`")
    assert mistake.remedy == "Did you mean welcome?"
    change(root / "policy.yml", line, line.replace("welcom,", "welcome,"))
    (exception,) = load_templates(root, check_texts=False).policy.caps.exceptions
    assert (exception.day, exception.until, exception.max_messages) == (date(2026, 11, 27), None, 9)
    change(root / "policy.yml", "welcome, day: 2026-11-27", "welcome, day: 2026-11-27, until: 2026-11-26")
    assert "`until` lies before `day`" in only_mistake(root).problem


def test_an_unknown_trigger_is_named_with_its_line_and_the_near_name(root: Path) -> None:
    """The remedy is part of the message: who writes journeys does not read the schema."""
    change(root / "journeys/welcome/journey.yml", "trigger: {kind: joined}", "trigger: {kind: joind}")
    mistake = only_mistake(root)
    assert (mistake.line, mistake.problem) == (6, "unknown trigger `joind`")
    assert mistake.remedy == "Did you mean joined?"


def test_a_folder_that_is_no_name_is_refused(root: Path) -> None:
    """The folder's name stands in keys, file names and addresses, where a space is a surprise."""
    (root / "journeys/welcome").rename(root / "journeys/Welcome back")
    mistake = only_mistake(root)
    assert (mistake.file, mistake.problem) == ("journeys/Welcome back", "`Welcome back` is no name for a journey")


@pytest.mark.parametrize(
    ("wrong", "problem", "remedy"),
    [
        ("idle_minutes: 1 hour", "`trigger.idle_minutes` must be a whole number (found: 1 hour)", "number alone"),
        ("idle_minutes: 0", "`trigger.idle_minutes` must be", "show its form"),
        ("channels: e-mail", "`steps.0.channels` must be a list (found: e-mail)", "between brackets"),
        ("channels: {first: email}", "`steps.0.channels.else` is missing", "Add it"),
    ],
)
def test_a_slip_is_told_once_in_words_of_the_file(root: Path, wrong: str, problem: str, remedy: str) -> None:
    """`input should be a valid dictionary or instance of firstelse` helps nobody who writes journeys."""
    path = root / "journeys/cart_abandoned/journey.yml"
    setting, source = wrong.split(":")[0], path.read_text(encoding="utf-8")
    changed, n = re.subn(rf"{setting}: [^,\n}}]+", wrong, source, count=1)
    assert n == 1
    path.write_text(changed, encoding="utf-8")
    mistake = only_mistake(root)
    assert problem in mistake.problem
    assert remedy in mistake.remedy


def test_a_misspelt_setting_is_a_mistake_and_not_ignored(root: Path) -> None:
    """A silently ignored `conditons` would send a first-purchase offer to customers."""
    change(root / "journeys/welcome/journey.yml", "conditions:", "conditons:")
    mistake = only_mistake(root)
    assert (mistake.line, mistake.problem) == (17, "unknown setting `conditons`")
    assert mistake.remedy == "Did you mean conditions?"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("delay: 14h", "delay: 14 parsecs", "is not a duration"),
        ("priority: 10", "priority: first", "`priority`"),
        ("priority: 10", 'priority: "10"', "`priority`"),
        ("class: lifecycle", "class: lifecycles", "unknown value for `class`"),
        ("value: 100", "value: -5", "`steps.1.offer.value`"),
        ("[no_order_since_anchor]", "[no_orders_since]", "unknown value for"),
        ("  - id: hello", "  - id: Hello", "lower-case"),
        ("name: Welcome to the club\n", "", "`name` is missing"),
        ("steps:\n", "steps:\n\tx:\n", "cannot be read as YAML"),
        ("priority: 10", "priority: 10\npriority: 11", "cannot be read as YAML"),
    ],
)
def test_wrong_values_are_mistakes(root: Path, old: str, new: str, problem: str) -> None:
    """Closed sets and strict types: what cannot be understood must not be guessed."""
    change(root / "journeys/welcome/journey.yml", old, new)
    assert any(problem in mistake.problem for mistake in mistakes_of(root))


def test_weights_beyond_a_hundred_percent_are_a_mistake(root_with_experiment: Path) -> None:
    """Arms would overlap, and a customer would be in two of them."""
    change(
        root_with_experiment / "journeys/post_purchase_coffee/journey.yml", "with_products: 50,", "with_products: 60,"
    )
    assert "overlap" in only_mistake(root_with_experiment).problem


def test_two_journeys_cannot_share_an_experiment(root_with_experiment: Path) -> None:
    """The experiment's name is the salt that draws its arms: sharing it would tie two journeys together."""
    change(
        root_with_experiment / "journeys/post_purchase_dog/journey.yml",
        "steps:",
        "experiment: {id: coffee_product_block, arms: {a1: 50, b1: 50}}\nsteps:",
    )
    assert any("overlaps with the one of post_purchase_coffee" in m.problem for m in mistakes_of(root_with_experiment))


def test_equal_priorities_of_journeys_that_can_meet_are_a_mistake(root_with_experiment: Path) -> None:
    """Otherwise the alphabet decides which of two due messages a customer gets."""
    dog = root_with_experiment / "journeys/post_purchase_dog/journey.yml"
    change(dog, "priority: 31", "priority: 30")
    (mistake,) = mistakes_of(root_with_experiment)
    assert mistake.problem.startswith("priority 30 is also that of post_purchase_coffee")
    change(dog, "customer_type: b2c", "customer_type: b2b")
    assert load_templates(root_with_experiment).warnings == ()


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        # A cart may fall due at 20:00, when e-mail closes: the next hour is 09:00.
        ("valid_for: 2 days", "valid_for: 13h", "is valid for 13 hours, but may have to wait 13 hours"),
        ("valid_for: 2 days", "valid_for: same day", "is valid for 0 hours"),
        # Saturday evening: SMS rests on Sundays.
        ("valid_for: 3 days", "valid_for: 37h", "may have to wait 37 hours for the first hour in which sms"),
        ('send_after: "10:00"', 'send_after: "20:00"', "but email closes at 20:00"),
    ],
)
def test_a_step_that_expires_before_its_first_sending_hour_is_a_mistake(
    root: Path, old: str, new: str, problem: str
) -> None:
    """It would be sent by day and silently never in the evening."""
    change(root / "journeys/cart_abandoned/journey.yml", old, new)
    assert any(problem in mistake.problem for mistake in mistakes_of(root))
    change(root / "journeys/cart_abandoned/journey.yml", new, old)
    assert load_templates(root).warnings == ()


def test_a_product_group_that_the_catalogue_lacks_is_a_mistake_where_the_catalogue_is_known(tmp_path: Path) -> None:
    """A misspelt group would start nothing, for ever and silently."""
    root = copy_of_templates(tmp_path, "cheese_board", "post_purchase_dog")
    assert load_templates(root, known_groups=["cheese", "crackers", "dog"]).warnings == ()
    change(root / "journeys/cheese_board/journey.yml", "groups: [crackers]", "groups: [craker]")
    with pytest.raises(TemplateErrors) as caught:
        load_templates(root, known_groups=["cheese", "crackers", "dog"])
    (mistake,) = caught.value.mistakes
    assert mistake.problem == "the catalogue has no product group `craker`"
    assert mistake.remedy == "Did you mean crackers?"


@pytest.mark.parametrize(
    ("journey", "old", "new", "problem"),
    [
        ("browse_abandoned", "once_per: week", "entry_gap_days: 7", "use `once_per"),
        ("browse_abandoned", "once_per: week", "once_per: quarter", "choose a shorter period"),
        ("browse_abandoned", "goal: order_since_anchor", "goal: cart_bought", "belongs to the trigger cart_abandoned"),
        ("birthday", "steps:", "goal: product_bought\nsteps:", "is about no product"),
        ("birthday", "steps:", "entry_gap_days: 9\nonce_per: year\nsteps:", "two ways to say how often"),
        ("birthday", "steps:", "enter_from: 2026-02-01\nenter_until: 2026-01-01\nsteps:", "nobody can enter"),
        ("newsletter_members", "weekday: tuesday", "weekday: tuesday, on: [2026-11-27]", "either `weekday` or `on`"),
        ("newsletter_members", "personas: [Champions, Loyal]", "personas: [Champion]", "Champion"),
    ],
)
def test_settings_that_cannot_work_together_are_mistakes(
    tmp_path: Path, journey: str, old: str, new: str, problem: str
) -> None:
    """What is understood but cannot come true is worse than a typing error: nobody would notice."""
    root = copy_of_templates(tmp_path, journey, "welcome")
    change(root / f"journeys/{journey}/journey.yml", old, new)
    with pytest.raises(TemplateErrors) as caught:
        load_templates(root, check_texts=False)
    assert any(problem in str(mistake) for mistake in caught.value.mistakes)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2 days", 172_800), ("14h", 50_400), ("90 minutes", 5_400), ("1 week", 604_800), ("1 day", 86_400)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds


def test_arms_that_leave_room_leave_the_rest_outside() -> None:
    """A pilot with 10 % of customers must not pull in the other 90 %."""
    experiment = Experiment.model_validate({"id": "pilot", "arms": {"new": 5.0, "old": 5.0}})
    assert experiment.ranges() == [("new", 0, 500), ("old", 500, 1000)]
