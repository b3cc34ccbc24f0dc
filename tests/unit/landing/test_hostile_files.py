"""Files that cannot be taken as they are: each is refused in words that say what to do, and costs nothing else."""

from __future__ import annotations

import pytest

from assets.landing.land import ContractError
from tests.unit.landing.conftest import GOOD, Shop, only_error

ORDERS = "webshop/orders"
HEADER = ",".join(GOOD[ORDERS])
ROW = ",".join(GOOD[ORDERS].values())


def test_an_empty_file_is_refused_with_the_wish_for_a_header(shop: Shop) -> None:
    """Nothing at all is more likely a broken export than a day without orders."""
    shop.deliver(ORDERS, b"")
    assert only_error(shop) == ("file.csv: is empty: even a delivery without rows has a header line; deliver it again")
    assert not shop.raw_file(ORDERS).exists()


def test_a_header_without_rows_is_a_delivery_of_nothing(shop: Shop) -> None:
    """A quiet day is no error."""
    shop.deliver(ORDERS, HEADER + "\n")
    report = shop.land(ORDERS)
    assert (report.contract_errors, report.n_rows_read, report.n_rows_kept) == ((), 0, 0)
    assert shop.raw(ORDERS) == []


def test_json_lines_without_a_line_are_a_delivery_of_nothing(shop: Shop) -> None:
    """JSON lines have no header, so an empty file is a day without events."""
    shop.deliver("tracker/events", b"", "events.ndjson")
    report = shop.land("tracker/events")
    assert (report.contract_errors, report.n_rows_kept) == ((), 0)


@pytest.mark.parametrize(("delimiter", "name"), [(";", "semicolon"), ("\t", "tab")])
def test_another_delimiter_is_taken_when_the_header_fits_with_it(shop: Shop, delimiter: str, name: str) -> None:
    """Nordic spreadsheets export semicolons; that is no reason to lose a day."""
    shop.deliver(ORDERS, f"{HEADER}\n{ROW}\n".replace(",", delimiter))
    report = shop.land(ORDERS)
    assert report.n_rows_kept == 1
    assert report.notes == (f"file.csv: fields are separated by {name}",)


def test_a_delimiter_that_nobody_agreed_on_is_refused_with_both_sides_named(shop: Shop) -> None:
    """Otherwise one column with everything in it would land."""
    shop.deliver(ORDERS, f"{HEADER}\n{ROW}\n".replace(",", "|"))
    report = shop.land(ORDERS)
    errors = "\n".join(report.contract_errors)
    assert "the mandatory column 'order_id' is missing" in errors
    assert "none of its 1 column names is known: is the header line missing?" in errors
    assert "expected columns: order_id, account_id, email" in errors
    assert not shop.raw_file(ORDERS).exists()


def test_latin_1_is_refused_with_the_place_and_the_other_files_go_on(shop: Shop) -> None:
    """A guessed encoding would turn Bjørn into someone else; the neighbour's file is not to blame."""
    row = ROW.replace("kari.nordmann", "bjørn")
    shop.deliver(ORDERS, f"{HEADER}\n{ROW}\n{row}\n".encode("latin-1"), "latin.csv")
    shop.deliver(ORDERS, f"{HEADER}\n{ROW}\n", "good.csv")
    report = shop.land(ORDERS)
    (error,) = report.contract_errors
    offset = len(f"{HEADER}\n{ROW}\nW1,bj")
    assert error.startswith(f"latin.csv: is not UTF-8 text: byte {offset} (line 3) is 0xF8")
    assert "export it as UTF-8" in error
    assert shop.raw(ORDERS, "source_file") == [("good.csv",)]


def test_files_that_are_still_on_their_way_are_no_delivery_yet(shop: Shop) -> None:
    """A transfer writes under a temporary name first."""
    for name in ("orders.csv.part", ".orders.csv", "_SUCCESS", "orders.csv.filepart"):
        shop.deliver(ORDERS, b"half", name)
    report = shop.land(ORDERS)
    assert not report.was_delivered
    assert report.contract_errors == ()


def test_every_mismatch_of_every_file_is_listed_with_near_names(shop: Shop) -> None:
    """Whoever exports should have to do it again once, not once per mistake."""
    shop.deliver(ORDERS, "order_id,placed_at,state,currency,total_amount,updatedat\n", "one.csv")
    shop.deliver(ORDERS, '{"order_id": "1", "placed_at": "2026-11-19"}\n', "two.ndjson")
    report = shop.land(ORDERS)
    assert [e for e in report.contract_errors if "is missing" in e] == [
        "one.csv: the mandatory column 'status' is missing; the delivery has 'state', is that the same?",
        "one.csv: the mandatory column 'updated_at' is missing; the delivery has 'updatedat', is that the same?",
        "two.ndjson: the mandatory column 'status' is missing",
        "two.ndjson: the mandatory column 'currency' is missing",
        "two.ndjson: the mandatory column 'total_amount' is missing",
        "two.ndjson: the mandatory column 'updated_at' is missing",
    ]
    assert "one.csv: unknown columns: state, updatedat" in report.contract_errors


def test_a_strict_landing_raises_with_every_line_after_the_good_files_were_landed(shop: Shop) -> None:
    """Programs that must not go on get an exception; the good file is not taken hostage."""
    shop.deliver(ORDERS, "order_id\nW9\n", "bad.csv")
    shop.deliver(ORDERS, f"{HEADER}\n{ROW}\n", "good.csv")
    with pytest.raises(ContractError, match="mandatory column 'placed_at' is missing") as raised:
        shop.land(ORDERS, strict=True)
    assert "assets/landing/contracts/webshop.yml" in str(raised.value)
    assert shop.raw(ORDERS, "order_id") == [("W1",)]
    with pytest.raises(ContractError):
        shop.land(ORDERS, strict=True)


def test_a_delivery_without_its_header_does_not_quote_people_as_column_names(shop: Shop) -> None:
    """The first row would stand in the error message."""
    shop.deliver(ORDERS, f"{ROW}\n")
    assert "kari" not in str(shop.land(ORDERS))


def test_a_column_that_stands_there_twice_is_refused(shop: Shop) -> None:
    """Nobody can know which of the two is meant."""
    shop.deliver(ORDERS, f"{HEADER},status\n{ROW},paid\n")
    assert only_error(shop) == "file.csv: the column 'status' stands there more than once"


def test_alternatives_need_one_column_of_their_group(shop: Shop) -> None:
    """A relation comes from a group or from a product: one of the two columns is enough."""
    shop.deliver("catalogue/relations", "kind,from_group,to_product_id\naccessory,coffee,p1\n", "good.csv")
    shop.deliver("catalogue/relations", "kind,from_group\naccessory,coffee\n", "bad.csv")
    report = shop.land("catalogue/relations")
    assert report.n_rows_kept == 1
    assert "bad.csv: the mandatory column 'to_group or to_product_id' is missing" in report.contract_errors


def test_a_json_list_is_refused_with_what_is_expected_instead(shop: Shop) -> None:
    """It is the most usual other form of JSON."""
    shop.deliver(ORDERS, '[{"order_id": "1"}]', "a.ndjson")
    assert "deliver one object per line instead" in only_error(shop)


def test_a_parquet_column_of_an_impossible_type_is_refused_by_name(shop: Shop, parquet_bytes) -> None:
    """A struct can never become an amount, in no row."""
    columns = {name: [value] for name, value in GOOD[ORDERS].items()}
    shop.deliver(ORDERS, parquet_bytes({**columns, "total_amount": [{"value": 1}]}), "a.parquet")
    assert only_error(shop) == "a.parquet: the column 'total_amount' is of type struct; money was expected"


def test_a_delivery_of_which_nothing_is_usable_is_an_error_and_not_many_warnings(shop: Shop) -> None:
    """An export with commas for decimal points loses the whole day, row by row."""
    shop.deliver_rows(ORDERS, [{"order_id": f"W{i}", "total_amount": '"1,50"'} for i in range(20)])
    assert only_error(shop) == ("none of the 20 rows could be kept; the most frequent reason is not_an_amount")


def test_unknown_columns_are_left_out_and_reported(shop: Shop) -> None:
    """Sources grow; that is news, not an error."""
    shop.deliver_rows(ORDERS, [{"colour_of_box": "red"}])
    report = shop.land(ORDERS)
    assert report.unknown_columns == ("colour_of_box",)
    assert report.n_rows_kept == 1


def test_deeply_nested_json_costs_its_line_at_most(shop: Shop) -> None:
    """A line made to exhaust a parser's stack."""
    deep = '{"order_id": ' + "[" * 200_000 + "]" * 200_000 + "}"
    shop.deliver_rows(ORDERS, [{"order_id": "W1"}], "good.ndjson")
    shop.deliver(ORDERS, deep + "\n", "deep.ndjson")
    report = shop.land(ORDERS)
    assert shop.raw(ORDERS, "order_id") == [("W1",)]
    assert report.n_rows_kept == 1


def test_content_that_no_reader_foresaw_is_refused_without_its_words(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine's error message quotes the value it stumbled over; the other file is landed all the same."""
    import duckdb

    from assets.landing import take

    read = take._READERS["csv"]

    def stumble(connection, data, contract):
        if b"W9" in data:
            raise duckdb.ConversionException("Could not convert string 'kari@post.example'")
        return read(connection, data, contract)

    monkeypatch.setitem(take._READERS, "csv", stumble)
    shop.deliver_rows(ORDERS, [{"order_id": "W9"}], "odd.csv")
    shop.deliver_rows(ORDERS, [{"order_id": "W1"}], "good.csv")
    assert only_error(shop) == "odd.csv: could not be read (ConversionException); nothing of it was landed"
    assert shop.raw(ORDERS, "order_id") == [("W1",)]
