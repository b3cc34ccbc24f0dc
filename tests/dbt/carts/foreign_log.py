"""An event log as other shops keep it, one line a deed, with what a person who reads it would call abandoned.

`when did what` and, after them, what else the shop tells: the cart's name, a quantity, the account that is signed in.
Belongs here: the stories and how they are delivered. What is right was written down from the stories alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# The morning of 11 March is decided; in Oslo, an hour ahead of UTC, the local day is one hour off.
RUN_DATE = datetime(2026, 3, 11, tzinfo=UTC).date()
MIDNIGHT = datetime(2026, 3, 9, 23, tzinfo=UTC)
DID = {
    "view": "Product Viewed", "cart": "Product Added", "remove": "Product Removed", "look": "Cart Viewed",
    "checkout": "Checkout Started", "purchase": "Order Completed",
}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """What happened in one or two browsers on 10 March (hours below zero: the evening before), and what is left over.

    `left`: for each abandoned cart the local time of its last change, and its products with quantities. `orders`: what
    the shop's own books say besides: time and product.
    """

    log: str
    left: tuple[tuple[str, dict[str, float]], ...] = ()
    orders: tuple[tuple[str, str], ...] = ()


# Every browser signs in once, an hour before everything else, unless the story says who signs in when.
STORIES: Mapping[str, Story] = {
    "left_alone": Story("10:00:00 view tea | 10:01:00 cart tea", (("10:01:00", {"tea": 1}),)),
    "bought": Story("10:01:00 cart tea | 10:20:00 purchase"),
    "all_taken_out": Story("10:00:00 cart tea | 10:01:00 cart cup | 10:02:00 remove tea | 10:03:00 remove cup"),
    "one_taken_out": Story(
        "10:00:00 cart tea | 10:01:00 cart cup | 10:03:00 remove tea", (("10:03:00", {"cup": 1}),)
    ),
    "goes_on_after_a_purchase": Story(
        "10:00:00 cart tea | 10:05:00 purchase | 10:30:00 cart cup", (("10:30:00", {"cup": 1}),)
    ),
    "buys_twice_and_goes_on": Story(
        "10:00:00 cart tea | 10:05:00 purchase | 11:00:00 cart cup | 11:05:00 purchase | 12:00:00 cart jam qty=2",
        (("12:00:00", {"jam": 2}),),
    ),
    "buys_what_was_added_after_a_purchase": Story(
        "10:00:00 cart tea | 10:05:00 purchase | 10:30:00 cart cup | 10:31:00 purchase"
    ),
    "the_shop_empties_the_cart_it_sold": Story("10:00:00 cart tea | 10:05:00 purchase | 10:05:02 remove tea"),
    "over_midnight": Story("-00:10:00 cart tea | 00:05:00 purchase"),
    "bought_in_the_same_second": Story("10:00:00 cart tea | 10:00:00 purchase"),
    "in_and_out_in_the_same_second": Story("10:00:00 cart tea | 10:00:00 remove tea qty=1"),
    "taken_out_before_it_was_seen": Story(
        "10:00:00 remove tea qty=1 | 10:05:00 cart tea", (("10:05:00", {"tea": 1}),)
    ),
    "more_taken_out_than_there_was": Story(
        "10:00:00 cart tea | 10:01:00 remove tea qty=3 | 10:02:00 cart tea qty=2", (("10:02:00", {"tea": 2}),)
    ),
    "told_twice": Story("10:00:00 cart tea id=again | 10:00:00 cart tea id=again", (("10:00:00", {"tea": 1}),)),
    "looks_again_in_the_evening": Story(
        "10:00:00 cart tea in=K1 | 20:00:00 look in=K1", (("10:00:00", {"tea": 1}),)
    ),
    "two_carts_of_which_one_is_bought": Story(
        "10:00:00 cart tea in=K2 | 10:01:00 cart cup in=K3 | 10:30:00 purchase in=K3", (("10:00:00", {"tea": 1}),)
    ),
    "one_cart_for_life": Story(
        "-05:00:00 cart tea in=K4 | -04:00:00 purchase in=K4 | 10:00:00 cart cup in=K4", (("10:00:00", {"cup": 1}),)
    ),
    "one_cart_for_life_bought_again": Story(
        "-05:00:00 cart tea in=K5 | -04:00:00 purchase in=K5 | 10:00:00 cart cup in=K5 | 10:05:00 purchase in=K5"
    ),
    "the_list_at_the_checkout_counts": Story(
        "10:00:00 cart tea in=K6 | 10:01:00 cart cup in=K6 | 10:02:00 checkout jam in=K6", (("10:01:00", {"jam": 1}),)
    ),
    "signs_in_half_way": Story(
        "10:00:00 cart tea | 10:10:00 view cup by=halfway | 10:11:00 cart cup by=halfway",
        (("10:11:00", {"tea": 1, "cup": 1}),),
    ),
    "never_signs_in": Story("10:00:00 cart tea by=nobody"),
    "buys_on_another_device": Story(
        "10:00:00 cart tea by=devices | 19:00:00 purchase by=devices on=laptop", orders=(("19:00:00", "tea"),)
    ),
    "buys_something_else_on_another_device": Story(
        "10:00:00 cart tea by=elsewhere | 19:00:00 purchase by=elsewhere on=laptop",
        (("10:00:00", {"tea": 1}),),
        orders=(("19:00:00", "cup"),),
    ),
    "the_browsers_clock_is_ahead_and_its_purchase_unseen": Story(
        "10:02:00 cart tea by=skewed", orders=(("10:00:30", "tea"),)
    ),
    "bought_it_in_the_morning_and_wants_more": Story(
        "10:00:00 cart tea by=more", (("10:00:00", {"tea": 1}),), orders=(("08:00:00", "tea"),)
    ),
    "two_people_at_one_computer": Story(
        "10:00:00 cart tea in=K7 by=first | 11:00:00 cart cup in=K8 by=second | 11:05:00 purchase in=K8 by=second",
        (("10:00:00", {"tea": 1}),),
    ),
    "still_at_it": Story("23:30:00 cart tea"),
}  # fmt: skip


def instant(told: str) -> datetime:
    """Local time on 10 March; a minus sign counts back from its midnight."""
    hours, minutes, seconds = (int(part) for part in told.lstrip("-").split(":"))
    since = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return MIDNIGHT - since if told.startswith("-") else MIDNIGHT + since


def accounts() -> set[str]:
    """Everybody who ever signs in or buys."""
    return {event["userId"] for event in events() if event["userId"]} | {order["account_id"] for order in orders()}


def events() -> Iterator[dict[str, Any]]:
    """The log in the tracker's words."""
    for name, story in STORIES.items():
        deeds = [deed.split() for deed in story.log.split(" | ")]
        says_who = any(word.startswith("by=") for words in deeds for word in words)
        if not says_who:
            yield _event(f"{name}-in", name, instant("-06:00:00"), None, {"by": name})
        for number, (at, did, *rest) in enumerate(deeds):
            more = dict(word.split("=") for word in rest if "=" in word)
            product = next((word for word in rest if "=" not in word), None)
            browser = f"{name}{more.get('on', '')}"
            key = f"{name}-{more.get('id', number)}"
            yield _event(key, browser, instant(at), did, more, product)


def _event(
    key: str, browser: str, at: datetime, did: str | None, more: Mapping[str, str], product: str | None = None
) -> dict[str, Any]:
    properties: dict[str, Any] = {"cart_id": more.get("in")}
    if did == "checkout":
        properties["products"] = [{"product_id": product, "quantity": 1, "price": 100}]
    elif product:
        properties |= {"product_id": product, "price": 100, "quantity": float(more["qty"]) if "qty" in more else None}
    signed_in = more.get("by")
    return {
        "messageId": key, "type": "track" if did else "identify", "event": DID[did] if did else None,
        "anonymousId": browser, "userId": None if signed_in == "nobody" else signed_in, "timestamp": at,
        "properties": properties,
    }  # fmt: skip


def orders() -> Iterator[dict[str, Any]]:
    """The shop's own books, of accounts that bought where the log does not name the order."""
    for name, story in STORIES.items():
        for at, product in story.orders:
            account = story.log.split("by=")[1].split()[0]
            yield {"account_id": account, "order_id": f"order-{name}", "placed_at": instant(at), "product_id": product}
