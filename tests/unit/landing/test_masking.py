"""Personal data must not leave the raw files: not into rejects, manifests, reports, logs or error messages."""

from __future__ import annotations

import logging

import pytest

from assets.landing.checks import asset_metadata, check_results
from assets.landing.contract import contract_of
from assets.landing.land import ContractError
from assets.landing.masking import masked, shape
from assets.quality.suites import suite_of
from tests.unit.landing.conftest import GOOD, Shop

CANARY = "canary.bird@cage.example"
CANARIES = [CANARY, "canary.bird", "Canarsson", "+4791122334", "1911-02-03"]


def test_no_canary_gets_out_whatever_breaks(
    shop: Shop, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A person is put into every place that can break: columns that slipped, ids, headers, JSON, encodings."""
    caplog.set_level(logging.DEBUG)
    bad = [
        {"member_id": CANARY, "joined_at": "Canarsson"},
        {"email": CANARY, "birth_date": "1911-02-03x"},
        {"member_id": "Canarsson", "customer_type": CANARY},
        {"member_id": CANARY, "updated_at": "2030-01-01T00:00:00Z"},
        {"last_name": "Canarsson", "joined_at": CANARY, "phone": "+4791122334"},
        {"country": "+4791122334", "customer_type": "Canarsson"},
        {"birth_date": "1911-02-03", "joined_at": ""},
        {"member_id": CANARY, "first_name": "one"},
        {"member_id": CANARY, "first_name": "two"},
    ]
    shop.deliver_rows("club/members", bad, "rows.csv")
    shop.deliver("club/members", f"{CANARY},Canarsson,+4791122334\n", "no_header.csv")
    shop.deliver("club/members", f'{{"member_id": "{CANARY}", "email"', "broken.ndjson")
    shop.deliver_rows("club/members", [{"member_id": {"email": CANARY}}, {}], "nested.ndjson")
    shop.deliver("club/members", f"member_id\n{CANARY}\xf8".encode("latin-1"), "latin.csv")
    with pytest.raises(ContractError) as raised:
        shop.land("club/members", strict=True)
    report = shop.land("club/members")
    assert report.n_rows_rejected >= 8
    suite = suite_of("club", "members")
    told = "".join(
        [
            str(raised.value),
            str(report),
            str(asset_metadata(report)),
            str(list(check_results(report, suite))),
            caplog.text,
            *capfd.readouterr(),
            shop.everything_written().decode(errors="replace"),
        ]
    )
    assert [canary for canary in CANARIES if canary in told] == []


@pytest.mark.parametrize(
    ("dataset", "column", "value", "shown"),
    [
        ("club/members", "email", "kari@post.example", "k***@***"),
        ("club/members", "first_name", "Kari", "K***"),
        ("club/members", "phone", "+47 912 34 567", "***"),
        ("club/members", "birth_date", "17.05.1980", "99.99.9999"),
        ("club/members", "joined_at", "Kari 17.05", "Aaaa 99.99"),
        ("catalogue/products", "price", "199 kr", "199 kr"),
        ("catalogue/products", "price", "ask kari@post.example", "a***@***"),
        ("catalogue/products", "title", "x" * 500, "x" * 59 + "…"),
        ("catalogue/products", "title", None, None),
    ],
)
def test_values_show_the_mistake_and_not_the_person(
    dataset: str, column: str, value: str | None, shown: str | None
) -> None:
    """'17.05.1980' is enough to see which format was sent."""
    assert masked(contract_of(*dataset.split("/")), column, value) == shown


def test_shapes_hold_no_letter_and_no_digit_of_the_value() -> None:
    """Two values of the same shape cannot be told apart."""
    assert shape("Åse-Marie 12 ø") == shape("Ole-Jakob 34 x") == "Aaa-Aaaaa 99 a"


def test_every_column_that_can_hold_a_person_is_declared_personal() -> None:
    """A forgotten mark would unmask a whole column."""
    personal = {"email", "phone", "name", "first_name", "last_name", "street", "address", "birth_date", "traits_email"}
    from assets.landing.contract import load_contracts

    forgotten = [
        f"{contract.name}.{column.name}"
        for contract in load_contracts().values()
        for column in contract.columns
        if column.name in personal and not column.personal and contract.name not in ("catalogue/campaigns",)
    ]
    assert forgotten == []
    assert GOOD["club/members"].keys() <= set(contract_of("club", "members").column_names)
