"""What holds for every message: sender, links, opt-out, size, and the same bytes wherever it is made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jinja2
import pytest

from assets.messaging.content import ContentRow, RenderError
from assets.messaging.formats import one_line
from assets.messaging.journeys import Templates, load_templates
from assets.messaging.render import RenderedSms, Renderer
from assets.messaging.template_samples import sample_rows
from assets.messaging.tokens import read_token
from tests.unit.messaging.render.rows import every_mail, mail, row_of, with_content, with_name
from tests.unit.messaging.template_root import SETTINGS, change, copy_of_templates


def test_an_sms_holds_its_segment_cap_and_its_opt_out(renderer: Renderer, templates: Templates) -> None:
    """Each segment is paid for; each SMS must say how to stop."""
    row = row_of(templates, "cart_abandoned", "reminder", "sms")
    message = renderer.render(row)
    assert isinstance(message, RenderedSms)
    assert (message.encoding, message.segments) == ("GSM-7", 2)
    assert message.unsubscribe_url in message.text
    long = row.content["cart"] | {"checkout_link": "https://shop.example/" + "x" * 400}
    with pytest.raises(RenderError, match="segments"):
        renderer.render(with_content(row, cart=long))


def test_the_unsubscribe_link_is_the_messages_own_and_holds_no_person(renderer: Renderer, coffee: ContentRow) -> None:
    """No address in any URL: links are logged, shared and forwarded."""
    message = mail(renderer, replace(coffee, address="canary@customer.example"))
    token = message.unsubscribe_url.rsplit("/", 1)[1]
    assert read_token([SETTINGS.require_secret_key()], token) == (coffee.message_id, "email")
    assert message.unsubscribe_url in message.html
    assert message.unsubscribe_url in message.text
    assert "canary" not in message.html + message.text + message.subject


def test_every_mail_names_its_sender_and_is_small(renderer: Renderer, templates: Templates) -> None:
    """Legal name, postal address and organisation number in every marketing mail, in both parts."""
    legal = templates.brand.legal
    for row, message in every_mail(renderer, templates):
        assert len(message.html.encode()) < 90_000
        assert f'lang="{row.language}"' in message.html
        for part in (message.html, message.text):
            for fact in (legal.name, legal.postal_address, legal.organisation_number):
                assert fact in part


def test_every_link_of_a_mail_stands_in_its_text_part(renderer: Renderer, templates: Templates) -> None:
    """Who reads the text part must be able to do the same, unsubscribing first of all."""
    for _, message in every_mail(renderer, templates):
        assert message.links
        assert all(url in message.text for url in message.links)
        assert all(url.startswith("https://") for url in message.links)


def test_the_artifact_and_the_fields_give_the_same_mail_in_any_jinja_engine(
    renderer: Renderer, templates: Templates
) -> None:
    """Merge-field hand-off: the provider fills in our template; it must get what we would have sent."""
    for row, message in every_mail(renderer, templates):
        artifact = renderer.artifact_for(row)
        fields = json.loads(json.dumps(message.fields))
        plain, escaped = jinja2.Environment(keep_trailing_newline=True), jinja2.Environment(autoescape=True)
        assert escaped.from_string(artifact.html).render(fields) == message.html.rstrip("\n")
        assert plain.from_string(artifact.text).render(fields) == message.text
        assert one_line(plain.from_string(artifact.subject).render(fields), 150) == message.subject


def test_rendering_twice_gives_the_same_bytes(templates: Templates, renderer: Renderer) -> None:
    """Hand-off files are compared byte for byte when a day is run again."""
    again = Renderer(SETTINGS, templates)
    for row in sample_rows(templates):
        assert again.render(row) == renderer.render(row)


def test_the_version_changes_with_the_words_and_not_with_the_customer(
    tmp_path: Path, renderer: Renderer, coffee: ContentRow
) -> None:
    """Who got which words must be answerable later."""
    assert mail(renderer, coffee).template_version == mail(renderer, with_name(coffee, "Ola")).template_version
    root = copy_of_templates(tmp_path, "post_purchase_coffee")
    change(root / "journeys/post_purchase_coffee/texts.nb.yml", "En bedre kopp", "En god kopp")
    changed = Renderer(SETTINGS, load_templates(root, check_texts=False))
    assert mail(changed, coffee).template_version != mail(renderer, coffee).template_version
