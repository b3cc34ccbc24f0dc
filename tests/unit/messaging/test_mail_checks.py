"""What is said of messages before anybody gets them. Each rule is broken once, in a mail that keeps the rest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assets.messaging.journeys import load_templates
from assets.messaging.mail_checks import mail_findings, sms_findings
from assets.messaging.messages import RenderedEmail, RenderedSms
from assets.messaging.render import Renderer
from assets.messaging.template_files import TemplateErrors
from assets.messaging.template_samples import sample_rows
from orchestration.settings import REPOSITORY, Settings
from tests.unit.messaging.template_root import change, copy_of_templates

TEMPLATES = load_templates(REPOSITORY / "templates", check_texts=False)
RENDERER = Renderer(Settings(secret_key="a key for tests, signs nothing real"), TEMPLATES)
MESSAGES = [RENDERER.render(row) for row in sample_rows(TEMPLATES) if row.journey in ("welcome", "cart_abandoned")]
MAIL = next(message for message in MESSAGES if isinstance(message, RenderedEmail))
SMS = next(message for message in MESSAGES if isinstance(message, RenderedSms))


def said_of(mail: RenderedEmail) -> list[str]:
    return [finding.problem for finding in mail_findings(mail, TEMPLATES.brand, RENDERER.hosts, 0)]


def with_body(extra: str) -> RenderedEmail:
    return replace(MAIL, html=MAIL.html.replace("</body>", f"{extra}</body>"))


def test_a_good_mail_is_left_alone() -> None:
    """A check that always finds something is switched off."""
    assert said_of(MAIL) == []


@pytest.mark.parametrize(
    ("extra", "problem"),
    [
        ('<a href="http://shop.example/">x</a>', "not https"),
        ('<a href="https://evil.example/">x</a>', "allow-list"),
        ('<a href="https://shop.example/only-here">x</a>', "lacks 1 of the mail's links"),
        ('<a href="#top">x</a>', "leads nowhere"),
        ('<img src="https://tracker.example/p.png" alt="A cup" width="1">', "fetches something: the host"),
        ("<style>@import url(https://fonts.googleapis.com/css?family=Roboto);</style>", "fetches something: the host"),
        ('<style>@import "//fonts.example/a.css";</style>', "fetches something: a link is not https"),
        ('<div style="background:url(&quot;https://tracker.example/p.png&quot;)">x</div>', "fetches something"),
        ('<table role="presentation" background="http://shop.example/a.png"></table>', "fetches something"),
        ('<img src="https://shop.example/a.png" width="10">', "no alt text"),
        ('<img src="https://shop.example/a.png" alt="A cup">', "no width"),
        ('<img src="https://shop.example/a.webp" alt="A cup" width="10">', ".webp pictures"),
        ('<img src="data:image/png;base64,AAAA" alt="A cup" width="10">', "data: pictures"),
        ("<h1>Twice</h1>", "2 headings"),
        ("<table><tr><td>x</td></tr></table>", "role"),
        ("<script>x()</script>", "strip <script>"),
        ("<form></form>", "strip <form>"),
        ('<p onclick="x()">x</p>', "strip onclick"),
        ('<div style="display:flex">x</div>', "display: flex"),
        ('<div style="position:absolute">x</div>', "position: absolute"),
        ('<div style="width:calc(1px + 2px)">x</div>', "calc("),
        ('<div style="margin-top:-10px">x</div>', "negative margin"),
        ('<div style="color:rgba(0,0,0,.5)">x</div>', "rgba()"),
        (f"<style>{'a{}' * 3_000}</style>", "Gmail drops it whole"),
        ("x" * 80_000, "Gmail cuts"),
    ],
)
def test_what_mail_programs_or_readers_stumble_over_is_found(extra: str, problem: str) -> None:
    """Each of these looks right in a browser, and wrong or dangerous in somebody's inbox."""
    assert any(problem in said for said in said_of(with_body(extra))), said_of(with_body(extra))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"subject": "x" * 79}, "subject has 79"),
        ({"subject": "x" * 61}, "subject has 61"),
        ({"preheader": " "}, "preheader is empty"),
        ({"preheader": "x" * 151}, "preheader has 151"),
        ({"preheader": MAIL.subject}, "says what the subject says"),
        ({"html": MAIL.html.replace(' lang="nb"', "")}, "names no language"),
        ({"html": MAIL.html.replace("999 999 990", "")}, "organisation number"),
        ({"html": MAIL.html.replace("Eksempelveien 1", "")}, "postal address"),
        ({"text": MAIL.text.replace("Fjordkurven AS", "")}, "sender's name"),
    ],
)
def test_a_mail_says_who_sends_it_and_what_it_is_about(changes: dict[str, str], problem: str) -> None:
    """The sender's identity is the law's, the rest is what an inbox shows before the mail is opened."""
    assert any(problem in said for said in said_of(replace(MAIL, **changes)))


def test_an_sms_says_how_to_stop_and_what_makes_it_dear() -> None:
    """Marketing by SMS without a way out is forbidden; one strange letter doubles the price."""
    assert list(sms_findings(SMS, "lifecycle")) == []
    mute = replace(SMS, text="Hei!")
    assert [finding.problem for finding in sms_findings(mute, "lifecycle")] == ["the SMS does not say how to stop"]
    assert list(sms_findings(mute, "service")) == []
    (dear,) = sms_findings(replace(SMS, text=f"{SMS.text} 🐦", encoding="UCS-2", segments=2), "lifecycle")
    assert "UCS-2" in dear.problem
    assert "🐦" in dear.remedy
    assert not dear.is_mistake


def test_the_place_of_a_finding_is_named(tmp_path: Path) -> None:
    """A marketer must not have to search twenty files for a picture."""
    root = copy_of_templates(tmp_path)
    picture = '<img src="https://shop.example/a.webp" alt="x" width="9" />'
    change(root / "partials/sign_off.mjml.j2", '[[ t("team") ]]', f"\n\n{picture}")
    with pytest.raises(TemplateErrors) as caught:
        load_templates(root)
    places = {(mistake.file, mistake.line) for mistake in caught.value.mistakes if "webp" in mistake.problem}
    assert places == {("partials/sign_off.mjml.j2", 4)}


def test_a_look_is_checked_for_contrast_and_for_its_triggers(tmp_path: Path) -> None:
    """Colours are chosen on good screens by people with good eyes."""
    root = copy_of_templates(tmp_path)
    change(root / "brand.yml", 'on_hero: "#4A2413"', 'on_hero: "#E0A080"')
    change(root / "brand.yml", "[joined, profile_incomplete]", "[joyned, profile_incomplete]")
    with pytest.raises(TemplateErrors) as caught:
        load_templates(root)
    said = [str(mistake) for mistake in caught.value.mistakes]
    assert any("`on_hero` on `hero`" in one and "light `welcome`" in one for one in said)
    assert any("kind `joyned`" in one and "Did you mean joined?" in one for one in said)
