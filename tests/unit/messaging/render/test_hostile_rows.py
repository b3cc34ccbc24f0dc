"""Rows with whatever other systems put into them: it is text in the mail, or the row is put aside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assets.messaging.content import ContentRow, RenderError
from assets.messaging.journeys import Templates
from assets.messaging.merge_fields import usable_name
from assets.messaging.render import Renderer
from tests.unit.messaging.render.rows import mail, row_of, with_content, with_name


def test_template_tags_in_data_are_text_and_never_run(renderer: Renderer, cart: ContentRow) -> None:
    """Product names come from other systems; one that holds {{ }} must not read the customer's other fields."""
    line = cart.content["cart"]["lines"][0] | {"title": "Kopp {{ 7*7 }} {% raw %} {{ unsubscribe_url }}"}
    message = mail(renderer, with_content(cart, cart=cart.content["cart"] | {"lines": [line]}))
    for part in (message.html, message.text):
        assert "{{ 7*7 }}" in part
        assert "{{ unsubscribe_url }}" in part


def test_markup_in_data_is_escaped_in_html_and_plain_in_text(renderer: Renderer, cart: ContentRow) -> None:
    """Else a product name can rewrite the mail."""
    line = cart.content["cart"]["lines"][0] | {"title": 'Te & <b onclick="x">kaker</b>'}
    message = mail(renderer, with_content(cart, cart=cart.content["cart"] | {"lines": [line]}))
    assert "<b onclick" not in message.html
    assert "Te &amp; &lt;b onclick=&#34;x&#34;&gt;kaker" in message.html
    assert 'Te & <b onclick="x">kaker</b>' in message.text


@pytest.mark.parametrize(
    "content",
    [
        {"cart": None},
        {"cart": {"cart_id": "1", "checkout_link": None, "total_minor": 1, "lines": []}},
        {"cart": {"cart_id": "1", "checkout_link": "https://shop.example/c", "total_minor": None, "lines": []}},
        {"cart": {"cart_id": "1", "checkout_link": "http://shop.example/c", "total_minor": 1, "lines": []}},
        {"cart": {"cart_id": "1", "checkout_link": "https://evil.example/c", "total_minor": 1, "lines": []}},
        {
            "cart": {
                "cart_id": "1",
                "checkout_link": "https://shop.example/c",
                "total_minor": 1,
                "lines": [{"title": None}],
            }
        },
        {"cart": "no cart"},
    ],
)
def test_a_poison_row_is_put_aside_without_telling_whose_it_is(
    renderer: Renderer, cart: ContentRow, content: dict[str, Any]
) -> None:
    """The batch goes on without it; the reason goes to logs, so it must name fields and rules only."""
    poison = with_name(with_content(cart, **content), "Kanarifugl")
    with pytest.raises(RenderError) as caught:
        renderer.render(poison)
    assert caught.value.message_id == cart.message_id
    assert "Kanarifugl" not in str(caught.value)
    assert "evil.example/c" not in str(caught.value)


@pytest.mark.parametrize("content", ["{", "[]", '"x"', "null", "{}", None])
def test_content_that_cannot_be_read_is_a_render_error(coffee: ContentRow, content: str | None) -> None:
    with pytest.raises(RenderError):
        ContentRow.from_mapping({**vars(coffee), "class": coffee.message_class, "content": content})


def test_a_row_of_the_warehouse_becomes_a_content_row(coffee: ContentRow) -> None:
    """The content is JSON text there; `class` is a word that Python keeps for itself."""
    stored = {**vars(coffee), "class": coffee.message_class, "content": json.dumps(coffee.content), "unknown": 1}
    assert ContentRow.from_mapping(stored) == coffee


NO_NAMES = [
    "Kari\r\nBcc: x@y.example", "Kari\nX", "https://evil.example", "kari@x.example", "<b>", "K" * 60, "1234",
    "\u202eirak", "Ka\ufffeari", " ",
]  # fmt: skip


@pytest.mark.parametrize("name", NO_NAMES)
def test_a_name_that_is_none_is_left_out_of_the_greeting(renderer: Renderer, coffee: ContentRow, name: str) -> None:
    """A greeting without a name is always right; a greeting with somebody's injection is not."""
    message = mail(renderer, with_name(coffee, name))
    assert "Hei!" in message.text
    assert "\r" not in message.subject + message.text


@pytest.mark.parametrize("name", ["Kari", "Åse-Marie", "Anne Lise", "O'Brien", "Łukasz", "李", "Kari 🎉"])
def test_real_names_are_kept_as_they_are(renderer: Renderer, coffee: ContentRow, name: str) -> None:
    assert usable_name(name) == name
    assert f"Hei {name}!" in mail(renderer, with_name(coffee, name)).text


def test_a_company_name_with_line_breaks_cannot_start_a_header(renderer: Renderer, templates: Templates) -> None:
    """The subject holds the company's name; CR or LF in it would be a header of the customer's choice."""
    row = row_of(templates, "b2b_post_purchase", "follow_up")
    customer = row.content["customer"] | {"company_name": "Firma\r\nBcc: x@y.example"}
    subject = mail(renderer, with_content(row, customer=customer)).subject
    assert subject == "Takk for bestillingen, Firma Bcc: x@y.example"


def test_a_huge_mail_is_refused(renderer: Renderer, cart: ContentRow, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gmail cuts mails at 102 KB, and the unsubscribe link with them."""
    monkeypatch.setattr("assets.messaging.render.MAX_HTML_BYTES", 20_000)
    with pytest.raises(RenderError, match="20 KB"):
        renderer.render(cart)
