"""Journeys as folders: what is right is read, and everything that is wrong is named with its place and remedy."""

from __future__ import annotations

import hashlib
import re
import textwrap
from datetime import date
from pathlib import Path
from typing import get_args

import pyarrow.parquet as pq
import pytest

from assets.messaging.journey_schema import Experiment
from assets.messaging.journey_triggers import Trigger
from assets.messaging.journeys import land_templates, load_templates, policy_version
from assets.messaging.template_files import Mistake, TemplateErrors
from assets.messaging.template_schemas import SCHEMAS
from assets.messaging.yaml_types import parse_duration
from orchestration.settings import Settings
from tests.unit.messaging.template_root import SHIPPED, change, copy_of_templates


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copy_of_templates(tmp_path)


@pytest.fixture
def root_with_experiment(tmp_path: Path) -> Path:
    return copy_of_templates(tmp_path, "post_purchase_coffee", "post_purchase_dog")


def mistakes_of(root: Path) -> list[Mistake]:
    with pytest.raises(TemplateErrors) as caught:
        load_templates(root)
    return list(caught.value.mistakes)


def only_mistake(root: Path) -> Mistake:
    (mistake,) = mistakes_of(root)
    return mistake


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


def test_a_missing_template_file_is_named_with_the_step(root: Path) -> None:
    """Found when the journey is written, not at six in the morning."""
    (root / "journeys/welcome/hello.txt.j2").rename(root / "journeys/welcome/helo.txt.j2")
    (mistake,) = [m for m in mistakes_of(root) if "is missing" in m.problem]
    assert "hello.txt.j2" in mistake.problem
    assert "Did you mean helo.txt.j2?" in mistake.remedy


def test_a_missing_language_is_a_mistake(root: Path) -> None:
    """A customer must never get a mail that is half in another language."""
    (root / "journeys/welcome/texts.en.yml").unlink()
    assert only_mistake(root).problem == "the texts in en are missing"


def test_a_missing_text_is_named_with_step_and_near_name(root: Path) -> None:
    """Texts are translated one by one; the forgotten one must be found by a machine."""
    change(root / "journeys/welcome/texts.nb.yml", '  preheader: "Dette', '  preheadr: "Dette')
    mistake = mistakes_of(root)[0]
    assert mistake.file == "journeys/welcome/texts.nb.yml"
    assert "`preheader`" in mistake.problem
    assert mistake.remedy == "Did you mean preheadr?"


def test_an_undefined_field_is_found_before_any_customer_is_written_to(root: Path) -> None:
    """A misspelt field would otherwise show as a hole in the mail, or stop the run."""
    change(root / "journeys/cart_abandoned/texts.nb.yml", "{{ cart_count }}", "{{ cart_cuont }}")
    mistake = only_mistake(root)
    assert (mistake.file, mistake.line) == ("journeys/cart_abandoned/texts.nb.yml", 3)
    assert mistake.remedy == "Did you mean cart_count?"


def test_a_broken_tag_is_found_with_its_line(root: Path) -> None:
    """Jinja's own line number is that of the compiled document, which nobody has open."""
    change(root / "partials/lines.txt.j2", "{{ p.quantity_text }}", "{{ p.quantity_text - }}")
    places = {(m.file, m.line) for m in mistakes_of(root)}
    assert places == {("partials/lines.txt.j2", 2)}


def test_an_include_that_does_not_exist_is_a_mistake(root: Path) -> None:
    """Partials get renamed; every mail that used the old name must say so."""
    change(root / "journeys/welcome/hello.mjml.j2", "partials/hero.mjml.j2", "partials/heroes.mjml.j2")
    assert "partials/heroes.mjml.j2 does not exist" in only_mistake(root).problem


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


def test_unused_texts_and_files_are_warnings(root: Path) -> None:
    """A text that is translated but never shown is money for nothing, and often a misspelt name."""
    change(root / "journeys/welcome/texts.nb.yml", "  eyebrow:", "  eyebrows: x\n  eyebrow:")
    (root / "journeys/welcome/old.mjml.j2").write_text("")
    problems = [warning.problem for warning in load_templates(root).warnings]
    assert problems == ["no step uses this template", "no template uses the text `eyebrows`"]


def test_colours_that_cannot_be_read_are_a_mistake(root: Path) -> None:
    """A contrast of 4.5 : 1 is what people with weak sight need."""
    change(root / "brand.yml", 'muted: "#5D6A63"', 'muted: "#A9B3AD"')
    assert all("contrast" in mistake.problem and mistake.line > 30 for mistake in mistakes_of(root))


def test_a_link_to_a_foreign_host_is_a_mistake(root: Path) -> None:
    """A template is also a place where someone could send customers elsewhere."""
    change(root / "partials/sign_off.mjml.j2", '[[ t("team") ]]', '<a href="https://evil.example/">x</a>')
    assert any("not on the allow-list" in mistake.problem for mistake in mistakes_of(root))


def test_a_brand_with_hosts_of_its_own_needs_none_of_the_demos(root: Path) -> None:
    """Samples lead to the brand's own hosts: nobody should have to allow a shop that does not exist."""
    change(root / "brand.yml", "shop_url: https://shop.example/", "shop_url: https://www.butikk.no/no/")
    hosts = "[shop.example, www.shop.example, images.shop.example]"
    change(root / "brand.yml", f"link_hosts: {hosts}", "link_hosts: [www.butikk.no, cdn.butikk.no]")
    load_templates(root)


def test_a_picture_without_alt_text_is_a_mistake(root: Path) -> None:
    """Half of all mails are read with pictures off, some with the ears."""
    change(root / "partials/sign_off.mjml.j2", '[[ t("team") ]]', '<img src="https://shop.example/a.png" />')
    assert any("alt text" in mistake.problem for mistake in mistakes_of(root))


def test_a_symbolic_link_below_the_root_is_a_mistake(root: Path, tmp_path: Path) -> None:
    """It could lead to any file of the machine, and into a mail."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (root / "partials" / "secret.j2").symlink_to(secret)
    assert only_mistake(root).problem == "is a symbolic link"


def test_the_version_changes_with_any_byte_and_with_nothing_else(root: Path) -> None:
    """It stands in every ledger row: the same version must mean the same rules and texts."""
    before = load_templates(root, check_texts=False).version
    assert before == policy_version(root)
    (root / "README.md").write_text("other notes")
    (root / "policy.yml~").write_text("an editor's copy")
    assert before == load_templates(root, check_texts=False).version
    change(root / "journeys/welcome/texts.nb.yml", "Velkommen", "velkommen")
    assert load_templates(root, check_texts=False).version != before


def test_landing_twice_gives_the_same_bytes_and_the_promised_columns(tmp_path: Path) -> None:
    """A rerun of a day must not change anything; SQL relies on every column and type."""
    settings = Settings(home=tmp_path)
    digests = []
    for _ in range(2):
        landed = land_templates(settings, date(2026, 11, 20))
        files = sorted((tmp_path / "raw/templates").rglob("*.parquet"))
        digests.append([hashlib.sha256(path.read_bytes()).hexdigest() for path in files])
    assert digests[0] == digests[1]
    assert set(landed.n_rows) == set(SCHEMAS)
    for table, schema in SCHEMAS.items():
        stored = pq.read_table(tmp_path / "raw/templates" / table / "2026-11-20.parquet")
        assert stored.schema.equals(schema)
        assert set(stored["policy_version"].to_pylist()) == {landed.version}


def test_landed_durations_branches_and_buckets_are_what_the_files_say(tmp_path: Path) -> None:
    """The step from words to numbers is where a wait of two days becomes two hours."""
    land_templates(Settings(home=tmp_path), date(2026, 11, 20))
    read = {name: pq.read_table(tmp_path / "raw/templates" / name).to_pylist() for name in SCHEMAS}
    steps = {(row["journey"], row["step"]): row for row in read["journey_steps"]}
    assert steps["newsletter_weekly", "thursday"]["valid_for_seconds"] == 0
    assert steps["welcome", "hello"]["delay_seconds"] == 14 * 3600
    assert steps["welcome", "first_order"]["offer_value_minor"] == 10_000
    assert steps["post_purchase_coffee", "tips"]["min_recommendations_branch"] == "without_accessory"
    assert {(r["bucket_from"], r["bucket_to"]) for r in read["journey_experiments"]} == {(0, 5000), (5000, 10_000)}
    assert {r["holiday_on"] for r in read["holidays"] if r["country"] == "NO"} >= {
        date(2026, 5, 17),
        date(2026, 12, 25),
    }


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
