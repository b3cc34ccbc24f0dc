"""How receivers react to one message: the demo's whole idea of human behaviour, in rates.

Synthetic and decided by hashes of the message id (and of the address, for habits), so the same
hand-off always gets the same answer. The rates follow the figures that the mission reports: flows
beat newsletters, mails without the product block are clicked more, owners of accessories most.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from assets.demo.dice import Dice
from assets.demo.handed_off import Delivered
from assets.demo.outside import HUMAN_AGENT, PROXY_AGENTS

OPENED = {"newsletter": 0.26, "lifecycle": 0.4, "post_purchase": 0.38, "service": 0.6}
CLICKED_IF_OPENED = {"newsletter": 0.09, "lifecycle": 0.26, "post_purchase": 0.24, "service": 0.1}
BOUGHT_IF_CLICKED = {"newsletter": 0.08, "lifecycle": 0.22, "post_purchase": 0.17, "service": 0.02}
WITHOUT_BLOCK_FACTOR = 1.5
OWNS_ACCESSORY_FACTOR = 1.3
SCANNED_SHARE = 0.012
PROXY_SHARE = 0.2
SCANNER_AGENT = "Mozilla/5.0 (compatible; MailScanner)"


@dataclass(frozen=True, slots=True)
class Reaction:
    """One event as the provider reports it."""

    event: str
    at: datetime
    nth: int = 0
    url: str | None = None
    user_agent: str | None = None
    ip_network: str | None = None
    bounce_type: str | None = None
    reason: str | None = None


def reactions(dice: Dice, message: Delivered) -> list[Reaction]:
    """Everything that happens to a message, from `sent` on."""
    return list(_email(dice, message) if message.channel == "email" else _sms(dice, message))


def buys(dice: Dice, message: Delivered) -> bool:
    """Whether a receiver who clicked goes on to buy."""
    return dice.chance(BOUGHT_IF_CLICKED.get(message.message_class, 0.1), "buys", message.message_id)


def links(message: Delivered) -> list[str]:
    """What can be clicked on; the shop's front page if the message shows no product."""
    products = [f"https://shop.example/p/{product_id}" for product_id in message.product_ids]
    cart = [f"https://shop.example/cart/{message.cart_id}"] if message.cart_id else []
    return cart + products or ["https://shop.example/"]


def _email(dice: Dice, message: Delivered) -> Iterator[Reaction]:
    key, address = message.message_id, message.address
    yield Reaction("sent", message.send_at)
    arrived = message.send_at + timedelta(seconds=3)
    if dice.chance(0.003, "dead", address):
        yield Reaction("bounced", arrived, bounce_type="hard", reason="mailbox unknown")
        return
    if dice.chance(0.004, "full", key):
        yield Reaction("bounced", arrived, bounce_type="soft", reason="mailbox full")
        return
    yield Reaction("delivered", arrived)
    if dice.chance(SCANNED_SHARE, "scanned", address):
        # A security scanner follows every link before the mail is shown to anybody.
        for nth, url in enumerate(links(message), start=10):
            yield Reaction("clicked", arrived + timedelta(seconds=1), nth, url, SCANNER_AGENT, "40.94.0.0/16")
    if dice.chance(PROXY_SHARE, "proxy", address):
        agent = PROXY_AGENTS["privacy_proxy"]
        yield Reaction("opened", arrived + timedelta(seconds=1), 10, None, agent, "17.58.0.0/16")
    habit = 0.5 + dice.unit("habit", address)
    if not dice.chance(OPENED.get(message.message_class, 0.3) * habit, "opens", key):
        return
    opened = arrived + _delay(dice, "opened", key)
    yield Reaction("opened", opened, 0, None, HUMAN_AGENT, "84.208.0.0/16")
    if dice.chance(0.15, "opens again", key):
        yield Reaction("opened", opened + _delay(dice, "again", key), 1, None, HUMAN_AGENT, "84.208.0.0/16")
    if dice.chance(_click_share(message), "clicks", key):
        yield Reaction(
            "clicked", opened + timedelta(seconds=dice.between(8, 240, "clicked", key)), 0,
            dice.pick(links(message), "which", key), HUMAN_AGENT, "84.208.0.0/16",
        )  # fmt: skip
    elif dice.chance(0.008, "unsubscribes", key):
        yield Reaction("unsubscribed", opened + timedelta(seconds=40))
    elif dice.chance(0.0015, "complains", key):
        yield Reaction("complained", opened + timedelta(seconds=60))


def _click_share(message: Delivered) -> float:
    share = CLICKED_IF_OPENED.get(message.message_class, 0.15)
    if message.variant.startswith("without"):
        share *= WITHOUT_BLOCK_FACTOR
    if message.branch == "with_accessory":
        share *= OWNS_ACCESSORY_FACTOR
    return share


def _sms(dice: Dice, message: Delivered) -> Iterator[Reaction]:
    key = message.message_id
    yield Reaction("sent", message.send_at)
    if dice.chance(0.012, "unreachable", message.address):
        yield Reaction("failed", message.send_at + timedelta(seconds=30), reason="unreachable")
        return
    arrived = message.send_at + timedelta(seconds=5)
    yield Reaction("delivered", arrived)
    if dice.chance(0.13, "clicks", key):
        yield Reaction(
            "clicked", arrived + _delay(dice, "sms", key), 0, links(message)[0], HUMAN_AGENT,
            "84.208.0.0/16",
        )  # fmt: skip
    elif dice.chance(0.006, "unsubscribes", key):
        yield Reaction("unsubscribed", arrived + timedelta(minutes=3))


def _delay(dice: Dice, *key: object) -> timedelta:
    """Most look within hours, some the day after: a long tail of up to two days."""
    return timedelta(seconds=20 + int(dice.unit(*key) ** 4 * 172_800))
