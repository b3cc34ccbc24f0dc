"""The contracts say what `landing.md` says, and nothing that cannot be kept."""

from __future__ import annotations

import pytest

from assets.landing import contract as module
from assets.landing.contract import UnknownDataset, UnusableContract, contract_of, load_contracts

SPECIFIED = (
    "club/members webshop/accounts pos/customers webshop/orders webshop/order_lines webshop/returns pos/returns "
    "pos/receipts pos/receipt_lines logistics/deliveries catalogue/products catalogue/relations catalogue/campaigns "
    "tracker/events consent/events consent/preferences service/cases loyalty/benefits provider/events privacy/erasures"
)


def test_every_dataset_has_a_contract() -> None:
    """The list is the agreement with the sources."""
    assert set(load_contracts()) == set(SPECIFIED.split())


def test_sending_depends_on_exactly_the_datasets_that_can_forbid_it() -> None:
    """Withdrawals, erasures, bounces, open cases, and orders that changed what is due."""
    needed = {name for name, contract in load_contracts().items() if contract.needed_for_sending}
    assert needed == {"consent/events", "privacy/erasures", "provider/events", "webshop/orders", "service/cases"}


def test_keys_and_times_are_mandatory() -> None:
    """A row without them cannot be placed."""
    for contract in load_contracts().values():
        optional_keys = {column for group in contract.one_of for column in group}
        if contract.mode == "whole_table":
            optional_keys |= set(contract.key)
        placed = {*contract.key, *([contract.happened_at] if contract.happened_at else [])} - optional_keys
        assert [name for name in placed if not contract.column(name).mandatory] == [], contract.name


def test_an_unknown_dataset_is_answered_with_the_known_ones() -> None:
    """The usual mistake is a plural."""
    with pytest.raises(UnknownDataset, match="webshop/orders"):
        contract_of("webshop", "order")


def test_a_contract_that_names_what_it_does_not_declare_is_refused(tmp_path, monkeypatch) -> None:
    """It would fail at the first delivery instead of at the first look."""
    (tmp_path / "shop.yml").write_text(
        "things: {description: d, mode: sometimes, key: [id], happened_at: at, columns: {name: {type: word}}}\n"
    )
    monkeypatch.setattr(module, "CONTRACTS_DIR", tmp_path)
    with pytest.raises(UnusableContract) as raised:
        load_contracts.__wrapped__()
    for problem in ("mode 'sometimes'", "type 'word' of name", "'id'", "'at'"):
        assert problem in str(raised.value)
