"""Delivered text of many hands: whoever is forgotten is found however they were written, and nobody else is."""

from __future__ import annotations

import json

import pytest

from assets.privacy.person import Forgotten
from assets.privacy.texts import names_of, without

FORGOTTEN = Forgotten(
    member_ids=frozenset({"M100"}),
    emails=frozenset({"søren.å@post.example", "kari@post.example"}),
    phones=frozenset({"4791234567", "91234567"}),
)
OTHERS = ["M1001,x@y.example", "okari@post.example", "kari@post.example.no", "1912345678", "sørena@post.example"]


def left(text: str, *, is_sale: bool = False) -> str:
    names = names_of(FORGOTTEN)
    assert names is not None
    content = text.encode()
    return without(content, names, is_sale=is_sale).decode() if names.may_be_in(content) else text


@pytest.mark.parametrize(
    "written",
    [
        "m100,Kari",
        "KARI@Post.example",
        "+47 912 34 567",
        "0047-912.34.567",
        "(47) 912/34/567",
        "912\u00a034\u00a0567",
        "912\t34\t567",
        "912–34–567",
        "SØREN.Å@POST.example",
        json.dumps({"address": "Søren.å@post.example"}),
        json.dumps({"address": "SØREN.Å@post.example"}),
        json.dumps({"phone": "912\u00a034\u202f567"}),
        json.dumps({"phone": "912\t34\t567"}),
        '{"phone": "\\u002B4791234567"}',
    ],
)
def test_a_record_that_names_somebody_goes_however_it_is_written(written: str) -> None:
    """What staging reads as somebody's number or address is that person's, whatever stands between or instead."""
    assert left(f"before\n{written}\nafter\n") == "before\nafter\n"


@pytest.mark.parametrize("written", OTHERS)
def test_who_has_a_longer_id_or_address_stays(written: str) -> None:
    """A part of a word is somebody else."""
    assert left(f"{written}\nM100,x\n") == f"{written}\n"


def test_a_sale_loses_its_buyer_and_keeps_its_amount() -> None:
    """The accounts need the sale; nobody needs to know whose it was."""
    sale = json.dumps({"order_id": "W1", "email": "søren.å@post.example", "phone": "912\u00a034 567", "total": "10.00"})
    assert json.loads(left(sale, is_sale=True)) == {"order_id": "W1", "email": "", "phone": "", "total": "10.00"}


def test_bytes_that_are_no_text_are_left_as_they_are() -> None:
    """A file in another encoding was refused at landing; its other records are still not ours to change."""
    names = names_of(FORGOTTEN)
    assert names is not None
    content = "Bjørn,x\nM100\nÅse,y\n".encode("latin-1")
    assert without(content, names, is_sale=False) == "Bjørn,x\nÅse,y\n".encode("latin-1")
