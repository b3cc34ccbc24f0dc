"""Texts, templates and colours of journeys: what would show in a mail is found before there is one."""

from __future__ import annotations

from pathlib import Path

from assets.messaging.journeys import load_templates
from tests.unit.messaging.journeys.mistakes import mistakes_of, only_mistake
from tests.unit.messaging.template_root import change


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
