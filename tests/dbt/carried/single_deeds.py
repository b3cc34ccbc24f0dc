"""People who do one thing each, in a shop where everybody else does everything: only one rule can reach their rows.

`happened` and `told` are days, as in facts.py. Rows only, as in disorder.py, which adds them to what it draws.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from tests.dbt.carried.facts import Fact, People, Row, purchase, told_on

_PEOPLE = People("mail.example", since=-2)
# Deeds of today, and deeds that leave a window of so many days today.
_AGES = (0, 7, 30, 90, 365)
_DAYS = range(5)
_DEEDS = ("order", "click", "view", "cart")


def deliveries(first_day: date, day: date) -> Iterator[tuple[str, Row]]:
    """(dataset, row) of what is told of them on one day."""
    return told_on(first_day, day, _facts())


def _facts() -> Iterator[Fact]:
    for age in _AGES:
        for n in _DAYS:
            for deed in _DEEDS:
                name = f"{deed}-{age}-{n}"
                yield _PEOPLE.account(name, told=0)
                # What is old came with the first delivery; what is new comes the day after it happened.
                yield from _deed(deed, name, told=n if age == 0 else 0, happened=n - age - 1)
    for n in _DAYS:
        yield from _cart_before_its_account(f"stranger-{n}", told=n)
        yield from _cart_bought_in_its_browser(f"browser-{n}", n)
        yield from _cart_bought_by_its_customer(f"shopper-{n}", n)
        yield from _cart_without_a_browser(f"hidden-{n}", n)
        yield from _click_and_move_away(f"mover-{n}", told=n)
        yield from _address_that_is_nobodys(f"blocked-{n}", f"reply{n}", (0, f"no{n}@mail.example"), (n, None))
        yield from _address_that_is_nobodys(f"cleared-{n}", f"reply9{n}", (0, None), (n, f"no9{n}@mail.example"))
        yield from _consent_under_another_address(f"consent-{n}", known_on=n)
        yield from _account_that_is_erased(f"erased-{n}", told=n)
        yield from _order_that_was_anothers(f"parted-{n}", told=n)
        yield from _former_address_told_late(f"former-{n}", told=n)
        yield from _browser_that_is_nobodys(f"shared-{n}", told=n)
        yield from _buyer_that_is_a_company(f"company-{n}", told=n)


def _former_address_told_late(name: str, told: int) -> Iterator[Fact]:
    """Of an account that stays as it is, the address that it had when it was ordered from."""
    yield _PEOPLE.account(name, told=0, happened=-1)
    yield from purchase(name, 0, -2, account_id=name)
    yield _PEOPLE.account(name, told, happened=-3, email=_PEOPLE.address(f"then.{name}"))


def _buyer_that_is_a_company(name: str, told: int) -> Iterator[Fact]:
    """A member of the club: what is told of an account touches its orders anyway."""
    receipt = {"receipt_id": name, "member_id": name, "currency": "NOK", "total_amount": Decimal("10.00")}
    yield _PEOPLE.member(name, 0, -2)
    yield "pos/receipts", 0, -1, receipt, ("sold_at",)
    yield _PEOPLE.member(name, told, -1.5, customer_type="b2b")


def _browser_that_is_nobodys(name: str, told: int) -> Iterator[Fact]:
    """Known by an address that somebody else turns out to have, too."""
    email = _PEOPLE.address(name)
    yield _PEOPLE.account(f"{name}-had", 0, email=email, birth_date=date(1960, 3, 4))
    yield _visit(name, 0, -1, event="Product Viewed", traits_email=email, product_id="i1")
    yield _PEOPLE.account(f"{name}-has", told, email=email, birth_date=date(1990, 11, 12))


def _deed(deed: str, name: str, told: int, happened: float) -> Iterator[Fact]:
    if deed == "order":
        yield from purchase(name, told, happened, account_id=name)
    elif deed == "click":
        row = {
            "event_id": name, "channel": "email", "event": "clicked", "address": _PEOPLE.address(name),
            "campaign_id": name, "url": "https://shop.example/a",
        }  # fmt: skip
        yield "provider/events", told, happened, row, ("occurred_at",)
    elif deed == "view":
        yield _visit(name, told, happened, event="Product Viewed", userId=name, product_id="i1", duration_s=9.0)
    else:
        yield _visit(name, told, happened, event="Cart Viewed", userId=name, cart_id=name, products=_unpriced(told))


def _visit(name: str, told: int, happened: float, **columns: Any) -> Fact:
    row = {"messageId": f"{name}-{columns['event']}", "type": "track", "anonymousId": f"browser of {name}"}
    return "tracker/events", told, happened, row | columns, ("timestamp",)


def _unpriced(n: int) -> str:
    return "[" + ", ".join(f'{{"product_id": "i{product}", "quantity": {n + 1}}}' for product in range(12)) + "]"


def _cart_before_its_account(name: str, told: int) -> Iterator[Fact]:
    yield _visit(name, 0, -1, event="Product Added", userId=name, anonymousId=None, cart_id=name, product_id="i1")
    yield _PEOPLE.account(name, told)


def _cart_bought_in_its_browser(name: str, n: int) -> Iterator[Fact]:
    """Told a day after the cart; the order itself a day later still, and of somebody else."""
    yield _visit(name, max(n - 1, 0), -1.5, event="Product Added", cart_id=name, product_id="i1")
    yield _visit(name, n, -1, event="Order Completed", order_id=name)
    yield from purchase(name, n + 1, -1.2, email=_PEOPLE.address(name))


def _cart_bought_by_its_customer(name: str, n: int) -> Iterator[Fact]:
    yield _PEOPLE.account(name, told=0)
    yield _visit(name, 0, -1, event="Product Added", userId=name, cart_id=name, product_id="i1")
    yield from purchase(name, n, -0.5, account_id=name)


def _cart_without_a_browser(name: str, n: int) -> Iterator[Fact]:
    """No visit leaves the window with it, and no price of the catalogue is asked."""
    added = {"event": "Product Added", "cart_id": name, "product_id": "i1", "price": Decimal("10.00")}
    yield _PEOPLE.account(name, told=0)
    yield _visit(name, 0, n - 31, **added, userId=name, anonymousId=None)


def _click_and_move_away(name: str, told: int) -> Iterator[Fact]:
    yield _PEOPLE.account(name, told=0)
    yield from _deed("click", name, told=0, happened=-10)
    yield _PEOPLE.account(name, told, happened=-1, country="FI")


def _address_that_is_nobodys(name: str, mailbox: str, *told: tuple[int, str | None]) -> Iterator[Fact]:
    """One has it as `no.reply…`, one wrote that on an order, a third has `noreply…`, which is a placeholder.

    `told`: day of delivery and address of the third; none stands for the placeholder.
    """
    address = f"no.{mailbox}@gmail.com"
    yield _PEOPLE.account(f"{name}-has", told=0, email=address)
    yield _PEOPLE.account(f"{name}-wrote", told=0)
    yield from purchase(name, 0, -1, account_id=f"{name}-wrote", email=address)
    for number, (day, email) in enumerate(told):
        yield _PEOPLE.account(f"{name}-third", day, happened=number - 3, email=email or f"no{mailbox}@gmail.com")


def _consent_under_another_address(name: str, known_on: int) -> Iterator[Fact]:
    """Told twice at once: what was told first happened only the day before `known_on`, and counts from then on."""
    for happened, address in ((known_on - 1, "first"), (-2, "second")):
        yield _PEOPLE.consent(name, 0, happened, who=f"{name}-{address}")


def _account_that_is_erased(name: str, told: int) -> Iterator[Fact]:
    """With another one of the same person."""
    yield _PEOPLE.account(name, told=0)
    yield _PEOPLE.account(f"{name}-too", told=0, email=_PEOPLE.address(name))
    request = {"request_id": name, "email": _PEOPLE.address(name)}
    yield "privacy/erasures", told, told - 1, request, ("requested_at",)


def _order_that_was_anothers(name: str, told: int) -> Iterator[Fact]:
    """With an address that neither has elsewhere."""
    for day, whose in ((0, f"{name}-had"), (told, f"{name}-has")):
        yield _PEOPLE.account(whose, told=0)
        yield from purchase(name, day, day / 10 - 2, account_id=whose, email=_PEOPLE.address(name))
