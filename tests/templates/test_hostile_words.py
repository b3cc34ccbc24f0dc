"""Whatever customers are called and products are titled: each shipped mail stays one well-formed mail.

Held by the standard library's strict mail parser and a strict reading of HTML, not by anything that made the mail.
"""

from __future__ import annotations

import email
import html
from collections import Counter
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from html.parser import HTMLParser
from typing import Any

import pytest

from assets.messaging.content import ContentRow
from assets.messaging.journeys import load_templates
from assets.messaging.prepared import prepare
from assets.messaging.render import Renderer
from assets.messaging.rendering import RenderedMessages
from assets.messaging.template_samples import sample_rows
from tests.unit.messaging.content_tables import as_row
from tests.unit.messaging.template_root import SETTINGS, SHIPPED

SOURCE = RenderedMessages(Renderer(SETTINGS, load_templates(SHIPPED, check_texts=False)))
# One of each step; languages and branches are walked through by other tests.
MAILS = [
    replace(row, address="kari.nordmann@kunde.example")
    for row in {(row.journey, row.step): row for row in sample_rows(SOURCE.renderer.templates)}.values()
    if row.channel == "email"
]
# What is given, and what may be seen of it.
WORDS = {
    "template": ("{{ 7919*7919 }} {% raw %}", "{{ 7919*7919 }} {% raw %}"),
    "tag": ("<script>alert(1)</script><img src=x onerror=y>", "<script>alert(1)</script><img src=x onerror=y>"),
    "attribute": ('" onerror="x', '" onerror="x'),
    "end of a comment": ("--><b>", "--><b>"),
    "entity": ("&lt;b&gt; &amp;copy", "&lt;b&gt; &amp;copy"),
    "header": ("A\r\nBcc: x@evil.example\r\n\r\nbody", "A Bcc: x@evil.example body"),
    "end of a mail": ("A\r\n.\r\n", "A ."),
    "encoded word": ("=?utf-8?q?=41?=", "=?utf-8?q?=41?="),
    "controls": ("Ka\x00ri\x1b\x7f\x85", "Ka ri"),
    "turned around": ("gnp\u202egpj.exe \u2066x", "gnp gpj.exe x"),
    "no characters": ("a\ufffe\ufdd0\U0001ffffb", "a b"),
    "emoji": ("Kari 👩‍👩‍👧‍👦 🇳🇴", "Kari 👩‍👩‍👧‍👦 🇳🇴"),
    "half a character": ("a\ud83d b", "a b"),
    "other letters": ("Ирина 日本語 ÆØÅ", "Ирина 日本語 ÆØÅ"),
    "long": ("Å" * 2_000, "Å" * 39),
    "accents": ("e\u0301" * 30, "e\u0301" * 15),
}
_ONCE = ("From", "To", "Date", "Subject", "Message-ID", "Feedback-ID", "List-Unsubscribe", "List-Unsubscribe-Post")
_VOID = frozenset({"br", "hr", "img", "link", "meta"})


class StrictHtml(HTMLParser):
    """Every element closed in its order, every attribute once, every id once; keeps the words that are seen."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)
        self.close()
        assert self.open == []
        assert [name for name, n in self.ids.items() if n > 1] == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice"
        self.ids.update(value for name, value in attrs if name == "id" and value)
        self.tags.add(tag)
        self.attributes.update(names)
        self.words += [value for name, value in attrs if name == "alt" and value]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def named(row: ContentRow, word: str) -> ContentRow:
    """The message with this word for everything that has a name."""

    def product(given: dict[str, Any]) -> dict[str, Any]:
        link = "https://shop.example/p?a=1&b='2'&copy=3&q=%22x%22".replace("'", "%27")
        return {**given, "title": word, "brand": word, "link": link}

    content = row.content | {"customer": {"first_name": word, "company_name": word, "is_member": True}}
    if content.get("trigger_product"):
        content["trigger_product"] = product(content["trigger_product"])
    lists = content.get("recommendations") or {}
    content["recommendations"] = {slot: [product(one) for one in shown] for slot, shown in lists.items()}
    for listed in ("order", "cart"):
        if content.get(listed):
            content[listed] = content[listed] | {"lines": [product(one) for one in content[listed]["lines"]]}
    if content.get("offer"):
        content["offer"] = content["offer"] | {"code": word}
    return replace(row, content=content)


def mail_of(row: ContentRow) -> tuple[bytes, EmailMessage]:
    done = prepare(SETTINGS, [as_row(row)], SOURCE, "eml")
    assert not done.poison
    raw = done.prepared[0].content
    mail = email.message_from_bytes(raw, policy=SMTP.clone(raise_on_defect=True))
    assert isinstance(mail, EmailMessage)
    return raw, mail


@pytest.fixture(scope="module")
def plain_pages() -> dict[tuple[str, str], StrictHtml]:
    return {(row.journey, row.step): StrictHtml(body(mail_of(row)[1], "html")) for row in MAILS}


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("kind", WORDS)
def test_a_mail_is_one_well_formed_mail_whatever_its_words_are(
    kind: str, plain_pages: dict[tuple[str, str], StrictHtml]
) -> None:
    """Words are only ever words: no header, part, element or attribute comes of them, and nobody's name computes."""
    given, shown = WORDS[kind]
    n_shown = 0
    for row in MAILS:
        raw, mail = mail_of(named(row, given))
        assert raw.isascii()
        assert b"\r" not in raw.replace(b"\r\n", b"")
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert max(map(len, raw.split(b"\r\n"))) <= 78 + len("List-Unsubscribe: <>")
        assert [len(mail.get_all(name, [])) for name in _ONCE] == [1] * len(_ONCE)
        assert mail["Bcc"] is None
        assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
        page, plain = StrictHtml(body(mail, "html")), plain_pages[row.journey, row.step]
        assert page.tags <= plain.tags
        assert page.attributes <= plain.attributes
        said = "\n".join(page.words)
        assert str(7919 * 7919) not in said + body(mail, "plain")
        assert not set("\x00\x1b\x7f\x85\u202e\u2066\ufffe\ufdd0\U0001ffff") & set(said + str(mail["Subject"]))
        n_shown += shown in said and shown in body(mail, "plain")
    assert n_shown > len(MAILS) // 2


def test_links_with_ampersands_and_quotes_arrive_as_they_were() -> None:
    """`&copy=3` must not become a sign, nor a quote an end."""
    row = next(row for row in MAILS if row.journey == "price_drop")
    mail = mail_of(named(row, "Kaffe"))[1]
    wanted = "https://shop.example/p?a=1&b=%272%27&copy=3&q=%22x%22&utm_source="
    assert wanted.replace("&", "&amp;") in body(mail, "html")
    assert wanted in html.unescape(body(mail, "html"))
    assert wanted in body(mail, "plain")


@pytest.mark.parametrize(
    "broken", ["<p><b>x</p></b>", '<p id="a"></p><p id="a"></p>', '<p a="1" a="2"></p>', "</p>", "<div>"]
)
def test_the_strict_reading_notices(broken: str) -> None:
    with pytest.raises(AssertionError):
        StrictHtml(broken)
