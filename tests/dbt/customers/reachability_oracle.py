"""Who may be written to, by a state machine that hears events one by one; it shares nothing with the SQL."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import product
from typing import Any

from tests.dbt.customers.reachability_worlds import ACCOUNTS, CUSTOMERS, Row
from tests.dbt.customers.test_permissions import OSLO, PHONE, months_later

MONTHS = 1


@dataclass
class Address:
    """What is remembered of one address on one channel."""

    granted_by: dict[str, str] = field(default_factory=dict)
    has_objected: bool = False
    stopped_by: str | None = None


@dataclass
class Memory:
    """The state machine: it is told what happened in the order in which it happened, and asked at the end."""

    addresses: dict[tuple[str, str], Address] = field(default_factory=dict)
    newest_sale: dict[tuple[str, str, str], tuple[datetime, str]] = field(default_factory=dict)
    # What each account says of itself: e-mail and number, in normal form.
    accounts: dict[str, dict[str, str | None]] = field(default_factory=dict)

    def of(self, address: str, channel: str) -> Address:
        return self.addresses.setdefault((address, channel), Address())

    def consent(self, event: Row) -> None:
        known = self.of(event["address"], event["channel"])
        if event["action"] == "granted":
            known.granted_by[event["purpose"]] = event["event_id"]
        else:
            known.granted_by.pop(event["purpose"], None)
            known.has_objected |= event["purpose"] == "marketing"

    def stop(self, address: str, channel: str, suppression_id: str) -> None:
        known = self.of(address, channel)
        known.stopped_by = known.stopped_by or suppression_id

    def version(self, account: Row) -> None:
        # Without its calling code the number is one in Norway only.
        phone = account["phone"] if account["phone"] == PHONE or account["country"] != "SE" else None
        self.accounts[account["account_id"]] = {
            "email": normal(account["email"] or "", "email"),
            "sms": normal(phone or "", "sms"),
        }

    def sale(self, order: Row) -> None:
        """At that moment the account says what it says; nobody looks at it later."""
        customer = dict(zip(ACCOUNTS, CUSTOMERS, strict=True)).get(order["account_id"], CUSTOMERS[1])
        for own, channel in ((order["email"], "email"), (order["phone"], "sms")):
            of_account = self.accounts.get(order["account_id"], {}).get(channel)
            if address := normal(own, channel) if own else of_account:
                key = (customer, address, channel)
                at, number = self.newest_sale.get(key, (None, ""))
                if at != order["placed_at"] or order["order_id"] < number:
                    self.newest_sale[key] = (order["placed_at"], order["order_id"])

    def right(
        self, customer: str, address: str, channel: str, at: datetime, soft: list[str]
    ) -> tuple[str, str, datetime | None] | None:
        """(basis, permission_id, first instant without it) for marketing to this customer."""
        known = self.of(address, channel)
        if "marketing" in known.granted_by:
            return "consent", f"consent:{known.granted_by['marketing']}", None
        sale = self.sale_behind(customer, address, channel, at, soft)
        if not sale:
            return None
        sold_at, _ = self.newest_sale[customer, address, channel]
        return "existing_customer", sale, months_later(sold_at, MONTHS) + timedelta(microseconds=1)

    def sale_behind(self, customer: str, address: str, channel: str, at: datetime, soft: list[str]) -> str | None:
        sold = self.newest_sale.get((customer, address, channel))
        if not sold or channel not in soft or self.of(address, channel).has_objected:
            return None
        if at > months_later(sold[0], MONTHS):
            return None
        return f"sale:{sold[1]}" + (":sms" if channel == "sms" else "")

    def rights(self, at: datetime, soft: list[str]) -> set[tuple[Any, ...]]:
        """(address, channel, purpose, customer, permission) of all that is allowed: a grant allows whoever asks."""
        granted = {
            (*key, purpose, None, f"consent:{event}")
            for key, known in self.addresses.items()
            for purpose, event in known.granted_by.items()
        }
        by_sale = {
            (address, channel, "marketing", customer, sale)
            for customer, address, channel in self.newest_sale
            if (sale := self.sale_behind(customer, address, channel, at, soft))
        }
        return granted | by_sale


def normal(text: str, channel: str) -> str | None:
    """The address in normal form, where it is one of its channel."""
    plain = text.strip().lower().replace(" ", "").replace("0047", "+47")
    plain = f"+47{plain}" if plain.isdigit() else plain
    return plain if plain and ("@" in plain) == (channel == "email") and plain != "noaddress" else None


def heard(rows: list[Row], instant: str, run_date: date, as_of: datetime) -> list[Row]:
    """What a run may know: each key as it was told first."""
    known: dict[str, Row] = {}
    for row in sorted(rows, key=lambda each: each["received_on"]):
        key = row.get("event_id") or row["request_id"]
        if row["received_on"] <= run_date and row[instant] < as_of:
            known.setdefault(key, row)
    return list(known.values())


def remember(landed: Row, run_date: date, as_of: datetime, until: datetime) -> Memory:
    """Tell the state machine what a run knows to have happened by an instant, in order.

    At one instant accounts before sales, and grants first, so that withdrawal wins.
    """
    happened: list[tuple[datetime, int, str, Any]] = []
    for event in heard(landed["consents"], "occurred_at", run_date, as_of):
        if address := normal(event["address"], event["channel"]):
            rank = 0 if event["action"] == "granted" else 1
            # Of grants at one instant the smallest id is the evidence, so it is told last.
            order = "".join(chr(255 - ord(c)) for c in event["event_id"])
            happened.append((event["occurred_at"], rank, order, {**event, "address": address}))
    for event in heard(landed["reports"], "occurred_at", run_date, as_of):
        address = normal(event["address"], event["channel"])
        if address and (event["event"] != "bounced" or event["bounce_type"] == "hard") and event["event"] != "opened":
            happened.append((event["occurred_at"], 2, event["event_id"], {**event, "address": address}))
    for number, row in enumerate(landed["blocked"]):
        since = datetime.combine(row["since_on"] or date(1970, 1, 1), time(), OSLO)
        address = normal(row["address"], row["channel"])
        if address and since <= as_of:
            happened.append((since, 1, f"block_list:{number}", {**row, "address": address}))
    told = [row for row in landed["versions"] if row["received_on"] <= run_date and row["updated_at"] < as_of]
    for row in told:
        # What it said first it had said since it was opened: nobody knows of anything else.
        first_at = min(each["updated_at"] for each in told if each["account_id"] == row["account_id"])
        at = min(first_at, row["created_at"]) if row["updated_at"] == first_at else row["updated_at"]
        happened.append((at, 0, f"{row['received_on']} {row['source_line']:03}", row))
    for row in valid_orders(landed["orders"], run_date, as_of):
        happened.append((row["placed_at"], 3, row["order_id"], {**row, "order_id": f"webshop:{row['order_id']}"}))
    memory = Memory()
    for _, _, name, what in sorted((each for each in happened if each[0] <= until), key=lambda each: each[:3]):
        if "placed_at" in what:
            memory.sale(what)
        elif "created_at" in what:
            memory.version(what)
        elif "since_on" in what:
            memory.stop(what["address"], what["channel"], name)
        elif "action" in what:
            memory.consent(what)
        else:
            if what["event"] != "bounced":
                memory.consent({**what, "purpose": "marketing", "action": "withdrawn"})
            if what["event"] != "unsubscribed":
                memory.stop(what["address"], what["channel"], f"provider:{what['event_id']}")
    return memory


def valid_orders(told: list[Row], run_date: date, as_of: datetime) -> list[Row]:
    """What each order is known to be: the change that happened last; neither cancelled nor worth nothing."""
    newest: dict[str, Row] = {}
    for row in sorted(told, key=lambda each: (each["updated_at"], each["received_on"], each["source_line"])):
        if row["received_on"] <= run_date and row["updated_at"] < as_of and row["placed_at"] < as_of:
            newest[row["order_id"]] = row
    return [row for row in newest.values() if row["status"] != "cancelled" and row["total_amount"] > 0]


def expected_points(memory: Memory, world: Row, as_of: datetime) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Of a customer's addresses the one nobody stopped, then the one with a right, then the newest, then by value."""
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for who, (address, channel), seen in world["owners"]:
        right = memory.right(who, address, channel, as_of, world["soft"])
        stop = memory.of(address, channel).stopped_by
        age = (as_of - seen).total_seconds() if seen else float("inf")
        candidate = (stop is not None, right is None, age, address, *(right or (None, None, None)), stop)
        if (who, channel) not in best or candidate[:4] < best[(who, channel)][:4]:
            best[(who, channel)] = candidate
    return {key: (chosen[3], *chosen[4:]) for key, chosen in best.items()}


def expected_reasons(
    memory: Memory, world: Row, gone: Collection[str], as_of: datetime
) -> dict[tuple[str, str, str], str | None]:
    """(customer, channel, class of message): why nothing may be sent; None where it may.

    Told without naming the address: somebody may be written to as soon as any of their addresses is open and allows it.
    """
    found: dict[tuple[str, str, str], str | None] = {}
    for who, channel in product(CUSTOMERS, ("email", "sms")):
        own = [address for owner, (address, of), _ in world["owners"] if (owner, of) == (who, channel)]
        is_open = {address: memory.of(address, channel).stopped_by is None for address in own}
        allows = {address: bool(memory.right(who, address, channel, as_of, world["soft"])) for address in own}
        if who in gone:
            reasons = {"lifecycle": "erased", "service": "erased"}
        elif not own:
            reasons = {"lifecycle": "no_address", "service": "no_address"}
        elif not any(is_open.values()):
            reasons = {"lifecycle": "address_suppressed", "service": "address_suppressed"}
        elif not any(is_open[address] and allows[address] for address in own):
            reasons = {"lifecycle": "no_permission"}
        else:
            reasons = {}
        for message_class in ("lifecycle", "service"):
            found[who, channel, message_class] = reasons.get(message_class)
    return found


def expected_erased(world: Row, asked: list[Row]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for customer in CUSTOMERS:
        mine = {address for who, (address, _), _ in world["owners"] if who == customer} | {f"M{customer[1]}"}
        for request in asked:
            phone = (request["phone"] or "").replace(" ", "")
            named = {
                (request["email"] or "").strip().lower(),
                phone if phone.startswith("+") else f"+47{phone}",
                (request["member_id"] or "").strip().upper(),
            }
            if named & mine:
                found[customer] = min(request["requested_at"], found.get(customer, request["requested_at"]))
    return found


def late_withdrawals(landed: Row, run_date: date, as_of: datetime) -> dict[tuple[str, str], datetime]:
    """Objections that happened too late for the decision and arrived in time for the sending."""
    found: dict[tuple[str, str], datetime] = {}
    for event in (*landed["consents"], *landed["reports"]):
        objects = event.get("event") in ("unsubscribed", "complained") or (
            event.get("action") == "withdrawn" and event["purpose"] == "marketing"
        )
        address = normal(event["address"], event["channel"])
        if objects and address and event["received_on"] <= run_date and event["occurred_at"] >= as_of:
            key = (address, event["channel"])
            found[key] = min(event["occurred_at"], found.get(key, event["occurred_at"]))
    return found
