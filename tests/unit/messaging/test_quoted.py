"""Parts that come out quoted-printable, held against Jinja and the standard library's decoder and mail writer."""

from __future__ import annotations

import quopri
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.messaging.content import RenderError
from assets.messaging.engine import HTML, TEXT, NoneInMessage, compiled
from assets.messaging.journeys import load_templates
from assets.messaging.mime import Mail, mail_bytes
from assets.messaging.prepared import prepare
from assets.messaging.quoted import compiled_quoted, quoted
from assets.messaging.render import RenderedEmail, Renderer
from assets.messaging.rendering import RenderedMessages
from assets.messaging.shelf import Card
from assets.messaging.template_samples import sample_rows
from orchestration.settings import REPOSITORY, Settings

SETTINGS = Settings(secret_key="a key for tests, signs nothing real")
TEMPLATES = load_templates(REPOSITORY / "templates", check_texts=False)
RENDERER = Renderer(SETTINGS, TEMPLATES)
# Norwegian and English have all templates between them; the other two languages differ in words only.
MAILS = [row for row in sample_rows(TEMPLATES, n_lines=3) if row.channel == "email" and row.language in ("nb", "en")]
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=200) | st.sampled_from(
    ["=", ".", "From me", " trailing ", "{{ x }}", "<b>&\"'", "a" * 300, "\r\n", "\r", "é=\n.\n"]
)


def decoded(body: bytes) -> str:
    return quopri.decodestring(body).decode().replace("\r\n", "\n")


def unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@settings(deadline=None)
@given(NAMES)
@example("x" * 75 + " ")
@example("x" * 76)
@example("x" * 73 + "=")
@example(" \t\n \n")
def test_any_text_comes_back_from_short_ascii_lines(text: str) -> None:
    """Spaces at line ends, lone carriage returns and lines of 76 characters are where encoders differ."""
    encoded = quoted(text)
    assert decoded(encoded.encode("ascii")) == unified(text)
    assert max(map(len, encoded.split("\r\n"))) <= 76
    assert "\n" not in encoded.replace("\r\n", "")
    assert not encoded or encoded.endswith("\r\n")


SOURCE = (
    "Hei {{ name }}\n{% if flag %} = {{ name|upper }} \n{% else %}.\n{% endif %}"
    '{% for p in cards %}<p title="{{ p.title }}">{{ p.text }}</p>\n{% else %}none{% endfor %}'
    "{% for pair in cards|batch(2) %}[{% for p in pair[:1] %}{{ p.title }}{% endfor %}"
    "{% for p in pair %}{{ loop.index }}{{ name }}{% endfor %}]{% endfor %} end "
)
WAYS = [
    (compiled_quoted(SOURCE, html=True), compiled(HTML, SOURCE)),
    (compiled_quoted(SOURCE, html=False), compiled(TEXT, SOURCE)),
]
LINES = NAMES.map(unified)


@settings(deadline=None)
@given(st.lists(st.tuples(LINES, LINES), max_size=4), LINES, st.booleans())
def test_filling_in_gives_what_jinja_gives(products: list[tuple[str, str]], name: str, flag: bool) -> None:
    """Values, branches, loops, loops in loops and products seen before: encoding beforehand may change nothing."""
    cards = [Card({"title": title, "text": text}) for title, text in products]
    fields: dict[str, Any] = {"name": name, "flag": flag}
    for fast, slow in WAYS:
        for shown in (cards, [dict(card) for card in cards], cards):
            values = fields | {"cards": shown}
            assert decoded(fast(values)) == slow(values) + "\n"


def test_a_template_that_captures_its_own_output_is_encoded_afterwards() -> None:
    """Text that is set aside and put out later would be encoded twice."""
    source = "{% set a %}å = {{ x }}{% endset %}{{ a }}{% filter upper %}å{{ x }}{% endfilter %}"
    wanted = compiled(HTML, source)({"x": "<é>"})
    assert decoded(compiled_quoted(source, html=True)({"x": "<é>"})) == wanted + "\n"


@pytest.mark.parametrize(("fields", "error"), [({}, jinja2.UndefinedError), ({"x": None}, NoneInMessage)])
def test_missing_and_empty_fields_are_refused_here_too(fields: dict[str, Any], error: type[Exception]) -> None:
    """The quick way must not print "None", either."""
    with pytest.raises(error):
        compiled_quoted("a {{ x }}", html=True)(fields)


@pytest.mark.parametrize("row", MAILS, ids=lambda row: "-".join((row.journey, row.step, row.branch, row.language)))
def test_every_shipped_mail_is_the_one_that_the_standard_library_writes(row: Any) -> None:
    """Jinja renders, `EmailMessage` writes, both are parsed from bytes: the quick way may differ in nothing."""
    slow, fast = RENDERER.render(row), RENDERER.quoted(row)
    assert isinstance(slow, RenderedEmail)
    theirs = EmailMessage(policy=SMTP)
    theirs["Subject"] = slow.subject
    theirs.set_content(slow.text, cte="quoted-printable")
    theirs.add_alternative(slow.html, subtype="html", cte="quoted-printable")
    mail = Mail(
        row.message_id, "shop.example", "Shop", "hei@shop.example", "kari@kunde.example", row.send_at, fast.subject,
        fast.text, fast.html, None, "a:b:c:d",
    )  # fmt: skip
    ours = message_from_bytes(mail_bytes(mail), policy=SMTP)
    oracle = message_from_bytes(theirs.as_bytes(), policy=SMTP)
    assert isinstance(ours, EmailMessage)
    assert isinstance(oracle, EmailMessage)
    assert ours["Subject"] == oracle["Subject"]
    for kind in ("plain", "html"):
        mine, other = ours.get_body((kind,)), oracle.get_body((kind,))
        assert mine is not None
        assert other is not None
        assert unified(mine.get_content()) == unified(other.get_content())
        payload = str(mine.get_payload())
        assert payload.isascii()
        assert max(map(len, payload.splitlines())) <= 76


def test_a_mail_over_the_limit_is_refused_by_its_size_before_encoding() -> None:
    """Letters that take three places when encoded must not push a lawful mail over the limit."""
    row = next(row for row in MAILS if row.journey == "b2b_post_purchase")
    order = row.content["order"]
    long = [order["lines"][0] | {"title": "å" * 90, "link": "https://shop.example/" + "a" * n} for n in range(12)]
    fits = replace(row, content=row.content | {"order": order | {"lines": long}})
    assert len(RENDERER.quoted(fits).html) > len(RENDERER.quoted(row).html)
    huge = [line | {"link": "https://shop.example/" + "a" * 4_000} for line in long]
    with pytest.raises(RenderError, match="larger than 90 KB"):
        RENDERER.quoted(replace(row, content=row.content | {"order": order | {"lines": huge}}))


@settings(deadline=None)
@given(st.lists(NAMES, min_size=3, max_size=3), st.integers(-5, 10**9))
def test_a_poisoned_row_is_put_aside_and_the_rest_of_the_batch_goes_on(words: list[str], amount: int) -> None:
    """Whatever a source system let through, the other customers get their messages."""
    base = next(row for row in MAILS if row.journey == "b2b_post_purchase")
    good = _as_mapping(base)
    name, title, address = words
    lines = [{"title": title, "quantity": amount, "amount_minor": amount}]
    content = {"customer": {"first_name": name}, "order": {"ordered_on": name, "total_minor": amount, "lines": lines}}
    bad = good | {"message_id": "f" * 32, "address": address, "content": content}
    for handoff in ("eml", "ndjson"):
        done = prepare(SETTINGS, [bad, good], RenderedMessages(RENDERER), "eml" if handoff == "eml" else "ndjson")
        assert good["message_id"] in [member.message_id for member in done.prepared]
        assert len(done.prepared) + len(done.poison) == 2
        for poison in done.poison:
            assert len(title) < 8 or title not in poison.error


def _as_mapping(row: Any) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in row.__dataclass_fields__}
    return values | {"class": row.message_class, "address": "kari@kunde.example"}
