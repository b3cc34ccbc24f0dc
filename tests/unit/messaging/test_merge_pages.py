"""Records made for a whole page at once are, byte for byte, those that are made one by one."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.messaging import columns, merge_kind, merge_pages
from assets.messaging.goods import Goods
from assets.messaging.journeys import load_templates
from assets.messaging.merge_pages import MergePages
from assets.messaging.pages import MESSAGES, WarehousePage, read_page
from assets.messaging.prepared import Preparation, Prepared, prepare
from assets.messaging.render import Renderer
from assets.messaging.rendering import RenderedMessages
from assets.messaging.template_samples import sample_product, sample_row, sample_rows
from tests.unit.messaging.content_tables import as_row, write_content
from tests.unit.messaging.template_root import SETTINGS, SHIPPED

TEMPLATES = load_templates(SHIPPED, check_texts=False)
SOURCE = RenderedMessages(Renderer(SETTINGS, TEMPLATES))
MAILS = [row for row in sample_rows(TEMPLATES) if row.channel == "email"]

NASTY = st.one_of(
    st.none(),
    st.sampled_from(["{{ 7*7 }}", "{% raw %}", "<b>&amp;</b>", '"quoted"', "back\\slash", "a\u00a0b", "👩‍👩‍👧"]),
    st.sampled_from(["Bcc: x@y.example\r\nFrom: me", "\x00\x1f\x7f", "javascript:alert(1)", "Å" * 500, " "]),
    st.text(st.characters(codec="utf-8"), max_size=60),
)
ADDRESSES = (
    "k@kunde.example",
    "",
    "æ@kunde.example",
    'a"b@c.example',
    "x" * 300 + "@a.no",
    "k@kunde.example\nBcc: x@y.no",
)
AMOUNTS = st.one_of(st.none(), st.integers(-(10**9), 10**12), st.sampled_from([0, 1, 99, 100, 123456789]))


def message_id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


def page_of(rows: list[dict[str, Any]]) -> WarehousePage:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        write_content(connection, rows)
        return read_page(connection, MESSAGES, {}, Goods())


def both_ways(page: WarehousePage) -> tuple[list[Prepared], Preparation]:
    return MergePages(SOURCE)(page, page.message_ids), prepare(SETTINGS, page.rows(), SOURCE, "ndjson")


def assert_same(page: WarehousePage) -> int:
    """Same bytes, same hashes, same cards; what cannot be written has no record. Returns how many were made at once."""
    quick, alone = both_ways(page)
    slow = {member.message_id: member for member in alone.prepared}
    assert [member.message_id for member in quick] == sorted(member.message_id for member in quick)
    for member in quick:
        same = slow[member.message_id]
        for name in ("content", "index", "request_hash", "template_version", "template", "policy_version", "timezone"):
            assert getattr(member, name) == getattr(same, name)
        assert same.cards.items() <= member.cards.items()
    return len(quick)


@pytest.fixture(autouse=True)
def _from_the_first_message_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge_pages, "WORTH_IT", 1)


def test_every_shipped_mail_is_made_at_once_and_looks_the_same() -> None:
    """Every journey, step, variant, branch and language, with and without what its trigger gives."""
    rows = []
    for number, sample in enumerate(MAILS):
        for part in (None, "order", "cart", "offer", "trigger_product"):
            content = sample.content | ({part: None} if part else {})
            own = {"content": content, "message_id": message_id(len(rows)), "address": f"k{number}@kunde.example"}
            rows.append(as_row(sample, **own, expires_at=None if part == "order" else sample.expires_at))
    page = page_of(rows)
    made = [
        assert_same(WarehousePage(table, page.goods))
        for table in columns.split_by(page.table, ("journey", "step", "language"))
    ]
    assert sum(made) > 4 * len(MAILS)
    with_everything = [row["message_id"] for row in rows[::5]]
    quick = {m.message_id for t in columns.split_by(page.table, ("journey", "step", "language"))
             for m in MergePages(SOURCE)(WarehousePage(t, page.goods), with_everything)}  # fmt: skip
    assert quick >= set(with_everything)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_whatever_a_source_system_let_through_both_ways_agree(data: st.DataObject) -> None:
    """Quotes, line breaks, template tags, odd amounts, huge names, strange addresses: the same bytes, or no record."""
    journey = data.draw(st.sampled_from(["b2b_post_purchase", "cart_abandoned", "benefit_expiring", "price_drop"]))
    spec = TEMPLATES.journeys[journey]
    step = data.draw(st.sampled_from(spec.steps))
    rows = []
    for number in range(6):
        base = sample_row(journey, spec, step, "email", "default", data.draw(st.sampled_from(spec.branches())), "nb")
        rows.append(as_row(base, message_id=message_id(number), **_odd(data, base.content, number)))
    assert_same(page_of(rows))


def _odd(data: st.DataObject, content: dict[str, Any], number: int) -> dict[str, Any]:
    product = sample_product(number) | {
        "title": data.draw(NASTY), "brand": data.draw(NASTY), "price_minor": data.draw(AMOUNTS),
        "link": data.draw(st.sampled_from([None, "https://shop.example/p?a=1&b=2", "http://shop.example/", "x"])),
    }  # fmt: skip
    line = product | {"quantity": data.draw(st.sampled_from([1, 2.5, 0.001, 5000])), "amount_minor": data.draw(AMOUNTS)}
    changed = content | {
        "customer": {"first_name": data.draw(NASTY), "company_name": data.draw(NASTY), "is_member": number % 2 == 0},
        "recommendations": {"also_bought": [product] * data.draw(st.integers(0, 3)), "accessories": [product]},
    }
    for listed in ("order", "cart"):
        if content.get(listed):
            changed[listed] = content[listed] | {"lines": [line] * data.draw(st.sampled_from([0, 1, 12, 13]))}
    address = data.draw(
        st.sampled_from(["k@kunde.example", "", "æ@kunde.example", 'a"b@c.example', "x" * 300 + "@a.no"])
    )
    return {
        "content": changed, "address": address, "permission_id": data.draw(NASTY),
        "permission_basis": data.draw(st.sampled_from(["consent", "service"])),
        "send_at": MAILS[0].send_at + timedelta(minutes=number), "timezone": ("Europe/Oslo", None)[number % 2],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("quoted", lambda texts, pattern, absent=None: columns.joined(['"', texts, '"'])),
        ("json_text", lambda value, default=None: columns.json_text(value, default).replace("\\", "")),
    ],
)
def test_a_wrong_record_is_noticed(name: str, mistake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison is worth something only if it fails for records that are not the same."""
    base = next(row for row in MAILS if row.journey == "b2b_post_purchase")
    customer = {"first_name": "Kari", "company_name": 'Bakeri "Nord"', "is_member": False}
    content, address = base.content | {"customer": customer}, "k@kunde.example"
    rows = [
        as_row(base, message_id=message_id(number), address=address, content=content, permission_id=permission_id)
        for number, permission_id in enumerate(("p1", 'a "b"'))
    ]
    page = page_of(rows)
    assert assert_same(page) == 1
    monkeypatch.setattr(merge_kind, name, mistake)
    with pytest.raises(AssertionError):
        assert_same(page)


def test_a_product_that_cannot_be_shown_keeps_back_only_messages_that_show_it() -> None:
    """Its message is written alone, which says why it cannot be; the others are made at once."""
    base = next(row for row in MAILS if row.journey == "b2b_post_purchase")
    rows = []
    for number in range(4):
        shown = sample_product(number) | ({"link": "http://shop.example/insecure"} if number == 2 else {})
        content = base.content | {"recommendations": {"also_bought": [shown]}}
        rows.append(as_row(base, message_id=message_id(number), address="k@kunde.example", content=content))
    page = page_of(rows)
    quick, alone = both_ways(page)
    assert {m.message_id for m in quick} == {message_id(n) for n in (0, 1, 3)}
    assert [(p.message_id, p.error) for p in alone.poison] == [(message_id(2), "a link is not https")]


def test_cards_are_named_by_what_they_say() -> None:
    """A price that changes between planning and hand-off must not travel under an approval of the old one."""
    base = next(row for row in MAILS if row.journey == "b2b_post_purchase")
    hashes = []
    for price in (100, 200):
        content = base.content | {"recommendations": {"also_bought": [sample_product(1) | {"price_minor": price}]}}
        page = page_of([as_row(base, message_id=message_id(0), address="k@kunde.example", content=content)])
        hashes += [member.request_hash for member in both_ways(page)[0]]
    assert len(set(hashes)) == 2
