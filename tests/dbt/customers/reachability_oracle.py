"""Who may be written to, by a state machine that hears events one by one; it shares nothing with the SQL."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from tests.dbt.customers.reachability_worlds import CUSTOMERS, Row
from tests.dbt.customers.test_permissions import OSLO, months_later

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

    def sale(self, order: Row) -> None:
        for address, channel in ((order["email"], "email"), (order["phone"], "sms")):
            if address and order["is_valid"]:
                key = (order["customer_id"], address, channel)
                at, number = self.newest_sale.get(key, (None, ""))
                if at != order["ordered_at"] or order["order_id"] < number:
                    self.newest_sale[key] = (order["ordered_at"], order["order_id"])

    def right(self, customer: str, address: str, channel: str, at: datetime, soft: list[str]) -> tuple[str, str] | None:
        """(basis, permission_id) for marketing to this customer."""
        known = self.of(address, channel)
        if "marketing" in known.granted_by:
            return "consent", f"consent:{known.granted_by['marketing']}"
        sold = self.newest_sale.get((customer, address, channel))
        if sold and channel in soft and not known.has_objected and at <= months_later(sold[0], MONTHS):
            return "existing_customer", f"sale:{sold[1]}" + (":sms" if channel == "sms" else "")
        return None


def normal(text: str, channel: str) -> str | None:
    """The address in normal form, where it is one of its channel."""
    plain = text.strip().lower().replace(" ", "").replace("0047", "+47")
    return plain if ("@" in plain) == (channel == "email") and plain != "noaddress" else None


def heard(rows: list[Row], instant: str, run_date: date, as_of: datetime) -> list[Row]:
    """What a run may know: each key as it was told first."""
    known: dict[str, Row] = {}
    for row in sorted(rows, key=lambda each: each["received_on"]):
        key = row.get("event_id") or row["request_id"]
        if row["received_on"] <= run_date and row[instant] < as_of:
            known.setdefault(key, row)
    return list(known.values())


def remember(world: Row, landed: Row, run_date: date, as_of: datetime) -> Memory:
    """Tell the state machine everything, in order; at one instant grants first, so that withdrawal wins."""
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
    for number, row in enumerate(world["blocked"]):
        since = datetime.combine(row["since_on"] or date(1970, 1, 1), time(), OSLO)
        address = normal(row["address"], row["channel"])
        if address and since <= as_of:
            happened.append((since, 1, f"block_list:{number}", {**row, "address": address}))
    for number, row in enumerate(world["sales"]):
        if row["ordered_at"] < as_of:
            happened.append((row["ordered_at"], 3, str(number), {**row, "order_id": f"webshop:{number}"}))
    memory = Memory()
    for _, _, name, what in sorted(happened, key=lambda each: each[:3]):
        if "ordered_at" in what:
            memory.sale(what)
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


def expected_points(memory: Memory, world: Row, as_of: datetime) -> dict[tuple[str, str], tuple[Any, ...]]:
    """Of a customer's addresses the one with a right, then the one nobody stopped, then the newest, then by value."""
    best: dict[tuple[str, str], tuple[Any, ...]] = {}
    for who, (address, channel), seen in world["owners"]:
        right = memory.right(who, address, channel, as_of, world["soft"])
        stop = memory.of(address, channel).stopped_by
        age = (as_of - seen).total_seconds() if seen else float("inf")
        candidate = (right is None, stop is not None, age, address, *(right or (None, None)), stop)
        if (who, channel) not in best or candidate[:4] < best[(who, channel)][:4]:
            best[(who, channel)] = candidate
    return {key: (chosen[3], *chosen[4:]) for key, chosen in best.items()}


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
