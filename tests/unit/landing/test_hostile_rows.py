"""Rows that break a rule go aside with file, line, column, rule and masked value; the rows around them stay."""

from __future__ import annotations

import pytest

from tests.unit.landing.conftest import GOOD, Shop

ORDERS = "webshop/orders"
GOOD_ORDER = {**GOOD[ORDERS], "is_gift": ""}
HEADER = ",".join(GOOD_ORDER)


def row(**changes: str) -> str:
    return ",".join({**GOOD_ORDER, **changes}.values())


@pytest.mark.parametrize(
    ("changes", "column", "rule"),
    [
        ({"order_id": ""}, "order_id", "not_null"),
        ({"order_id": "  "}, "order_id", "not_null"),
        ({"placed_at": "2027-01-01T00:00:00Z"}, "placed_at", "not_in_future"),
        ({"updated_at": "2026-11-20T23:00:00Z"}, "updated_at", "not_in_future"),
        ({"status": "Shiped"}, "status", "allowed_value"),
        ({"total_amount": '"199,00"'}, "total_amount", "not_an_amount"),
        ({"total_amount": "99999999999999999999"}, "total_amount", "not_an_amount"),
        ({"total_amount": "NaN"}, "total_amount", "not_an_amount"),
        ({"total_amount": "1_000"}, "total_amount", "not_an_amount"),
        ({"total_amount": "199.00 NOK"}, "total_amount", "not_an_amount"),
        ({"total_amount": "-1"}, "total_amount", "in_range"),
        ({"placed_at": "19.11.2026 10:00"}, "placed_at", "not_an_instant"),
        ({"placed_at": "2026-02-30T10:00:00Z"}, "placed_at", "not_an_instant"),
        ({"placed_at": "infinity"}, "placed_at", "not_an_instant"),
        ({"currency": "kroner"}, "currency", "well_formed"),
        ({"order_id": "W\0"}, "order_id", "unusable_text"),
        ({"is_gift": "maybe"}, "is_gift", "not_a_boolean"),
    ],
)
def test_a_broken_value_costs_its_own_row_only(shop: Shop, changes: dict[str, str], column: str, rule: str) -> None:
    """One row in a hundred thousand must neither stop the delivery nor slip through."""
    shop.deliver(ORDERS, "\n".join([HEADER, row(order_id="A"), row(**changes), row(order_id="B")]) + "\n")
    report = shop.land(ORDERS)
    assert shop.rejects(ORDERS) == [(3, column, rule)]
    assert shop.raw(ORDERS, "order_id, source_line") == [("A", 2), ("B", 4)]
    assert (report.n_rows_read, report.n_rows_kept, report.n_rows_rejected) == (3, 2, 1)
    assert report.reject_counts == {rule: 1}


def test_the_last_instant_of_the_delivery_day_is_not_in_the_future(shop: Shop) -> None:
    """The day ends at midnight where the shop is, not in Greenwich."""
    shop.deliver_rows(ORDERS, [{"updated_at": "2026-11-20T23:59:59.999999"}])
    assert shop.land(ORDERS).n_rows_kept == 1


def test_an_instant_without_offset_is_local_time_of_the_shop(shop: Shop) -> None:
    """Tills know no time zones. In November Oslo is one hour ahead of UTC, in July two."""
    times = ["2026-11-19 10:00:00", "2026-07-01T10:00", "2026-11-19T10:00+0500", "2026-11-19T10:00Z", "2026-11-19"]
    shop.deliver_rows(ORDERS, [{"order_id": f"W{i}", "placed_at": t} for i, t in enumerate(times)])
    shop.land(ORDERS)
    assert [at for (at,) in shop.raw(ORDERS, "strftime(placed_at, '%m-%d %H:%M')")] == [
        "11-19 09:00",
        "07-01 08:00",
        "11-19 05:00",
        "11-19 10:00",
        "11-18 23:00",
    ]


def test_ragged_rows_are_put_aside_with_their_line(shop: Shop) -> None:
    """Fields that slipped into other columns are worse than none."""
    text = "\n".join([HEADER, row(), "W2,x", row(order_id="W3") + ",more", row(order_id="W4"), ""])
    shop.deliver(ORDERS, text)
    report = shop.land(ORDERS)
    assert shop.rejects(ORDERS, "source_line, rule, value, reason") == [
        (3, "field_count", None, "the row has 2 fields, the header 8"),
        (4, "field_count", None, "the row has 9 fields, the header 8"),
    ]
    assert report.n_rows_kept == 2


def test_blank_lines_and_windows_line_ends_are_no_rows(shop: Shop) -> None:
    """Editors add them; line numbers still are those of the file."""
    shop.deliver(ORDERS, "\r\n".join([HEADER, "", row(), "   ", row(order_id="W2"), "", ""]))
    report = shop.land(ORDERS)
    assert (report.n_rows_read, report.n_rows_rejected) == (2, 0)
    assert shop.raw(ORDERS, "order_id, source_line") == [("W1", 3), ("W2", 5)]


@pytest.mark.parametrize("before", ["", "\n", "   \n", "\r\n\r\n"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_header_is_the_first_line_with_text_and_never_a_row(shop: Shop, before: str, end: str) -> None:
    """Whatever stands above it, and however old the machine is that ends the lines."""
    shop.deliver(ORDERS, before + end.join([HEADER, row(), row(order_id="W2")]))
    report = shop.land(ORDERS)
    assert (report.n_rows_read, report.n_rows_kept) == (2, 2)


def test_quoted_fields_may_hold_delimiters_quotes_and_line_breaks(shop: Shop) -> None:
    """A line number is where the row begins, also after a row of three lines."""
    code = '"10, ""summer""\nand\nmore"'
    shop.deliver(ORDERS, f"{HEADER},discount_code\n{row()},{code}\n{row(order_id='W2')},x\n")
    shop.land(ORDERS)
    assert shop.raw(ORDERS, "order_id, source_line, discount_code") == [
        ("W1", 2, '10, "summer"\nand\nmore'),
        ("W2", 5, "x"),
    ]


def test_a_quote_that_never_closes_costs_one_row(shop: Shop) -> None:
    """Otherwise it would swallow the rest of the file in silence."""
    rows = [row(order_id="W1"), row(order_id='"W2'), row(order_id="W3"), row(order_id="W4")]
    shop.deliver(ORDERS, "\n".join([HEADER, *rows]) + "\n")
    report = shop.land(ORDERS)
    assert shop.rejects(ORDERS) == [(3, None, "malformed_row")]
    assert report.n_rows_kept == 3


def test_a_huge_field_costs_one_row(shop: Shop) -> None:
    """A value of a megabyte is no order number."""
    shop.deliver(ORDERS, "\n".join([HEADER, row(order_id="W" * 1_000_000), row(), ""]))
    shop.deliver_rows(ORDERS, [{"order_id": "J" * 200_000}, {"order_id": "J2"}], "b.ndjson")
    report = shop.land(ORDERS)
    assert report.reject_counts == {"unusable_text": 2}
    assert report.n_rows_kept == 2


def test_a_byte_order_mark_and_an_emoji_are_fine(shop: Shop) -> None:
    """Excel writes the one, people are called the other."""
    shop.deliver_rows("club/members", [{"first_name": "Zoë 🌸"}])
    path = shop.settings.landing_dir / "club/members/2026-11-20/file.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    shop.land("club/members")
    assert shop.raw("club/members", "member_id, first_name") == [("M1", "Zoë 🌸")]


def test_an_unknown_product_is_landed(shop: Shop) -> None:
    """Landing looks at one dataset; whether a product exists is for the warehouse to say."""
    shop.deliver_rows("webshop/order_lines", [{"product_id": "nobody-knows-it"}])
    assert shop.land("webshop/order_lines").n_rows_kept == 1


def test_the_careful_way_and_the_fast_way_read_the_same(shop: Shop) -> None:
    """A single quote in a file must not change how all its other rows are read."""
    rows = [row(order_id=f"W{i}", email="") for i in range(30)]
    shop.deliver(ORDERS, "\n".join([HEADER, *rows]) + "\n", "fast.csv")
    careful = [HEADER, *rows[:-1], rows[-1].replace("placed", '"placed"')]
    shop.deliver(ORDERS, "\n".join(careful).replace("W", "X") + "\n", "slow.csv")
    shop.land(ORDERS)
    fast = shop.raw(ORDERS, "* exclude (source_file) replace (substr(order_id, 2) as order_id)")
    assert fast[:30] == fast[30:]
    assert len(fast) == 60


def test_repeated_rows_are_counted_and_contradicting_ones_put_aside(shop: Shop) -> None:
    """The same row twice is one row; two truths about one order line are one too many."""
    shop.deliver_rows(
        "webshop/order_lines",
        [{}, {}, {"quantity": "2"}, {"line_number": "2"}, {"line_number": "", "quantity": "7"}],
    )
    report = shop.land("webshop/order_lines")
    assert (report.n_rows_kept, report.n_rows_duplicate, report.n_rows_rejected) == (2, 1, 2)
    assert shop.rejects("webshop/order_lines", "source_line, rule, value") == [
        (4, "unique_key", "W1, 1"),
        (6, "not_null", None),
    ]


def test_the_first_usable_row_of_a_key_stays(shop: Shop) -> None:
    """A row that is put aside for another reason must not take its good twin with it."""
    shop.deliver_rows("webshop/order_lines", [{"quantity": "-1"}, {"quantity": "1"}])
    report = shop.land("webshop/order_lines")
    assert report.reject_counts == {"in_range": 1}
    assert shop.raw("webshop/order_lines", "quantity") == [(1.0,)]


def test_a_value_that_only_warns_keeps_its_row(shop: Shop) -> None:
    """A member with a mistyped address is still a member."""
    shop.deliver_rows("club/members", [{"email": "kari(at)post.example"}])
    report = shop.land("club/members")
    assert report.n_rows_kept == 1
    assert [e.name for e in report.failed("warning")] == ["well_formed(email)"]


def test_few_broken_rows_warn_and_many_block(shop: Shop) -> None:
    """An accident must not stop a morning; a broken export of consents must."""
    few = [{"event_id": f"c{i}", "channel": "email" if i >= 5 else "letter"} for i in range(50)]
    shop.deliver_rows("consent/events", few)
    report = shop.land("consent/events")
    assert not report.failed("blocking")
    assert [e.name for e in report.failed("warning")] == ["allowed_value(channel)"]
    many = [{"event_id": f"d{i}", "channel": "email" if i >= 20 else "letter"} for i in range(50)]
    shop.deliver_rows("consent/events", many, "more.csv")
    report = shop.land("consent/events")
    assert [e.observed for e in report.failed("blocking")] == ["25 of 100 rows (put aside)"]


def test_a_single_unusable_erasure_blocks(shop: Shop) -> None:
    """Each request to be forgotten counts: the person must not hear from the shop tomorrow."""
    shop.deliver("privacy/erasures", "request_id,requested_at,email\ne1,2026-11-19T10:00:00Z,\n")
    assert [e.name for e in shop.land("privacy/erasures").failed("blocking")] == ["any_of(person)"]
