"""What the oracle sees of a day: what was sent before, and every candidate."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from tests.dbt.decisions.oracle_rules import (
    HOME_ZONE,
    Message,
    Sent,
    instant,
)
from tests.dbt.decisions.relations import Row, Tables

MIN_MESSAGES = 3
COUNTS_AS_SENT = {"SENDING", "ACCEPTED", "UNKNOWN", "DELIVERED", "BOUNCED", "COMPLAINED", "QUARANTINED"}
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Inputs:
    """What one run of one day sees; `ledger` and `pins` hold what earlier runs wrote."""

    run_date: date
    tables: Tables
    ledger: list[Row] = field(default_factory=list)
    pins: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.as_of = instant(self.run_date, time(0), HOME_ZONE)
        self.next_as_of = instant(self.run_date + timedelta(days=1), time(0), HOME_ZONE)
        earlier = [row["run_date"] for row in self.ledger if row["run_date"] < self.run_date]
        previous = max(earlier) if earlier else self.run_date - timedelta(days=1)
        self.previous_as_of = instant(previous, time(0), HOME_ZONE)
        self.today = {row["message_id"]: row for row in self.ledger if row["run_date"] == self.run_date}
        self.now_id = {a["past_customer_id"]: a["customer_id"] for a in self.of("int_identity__aliases")}
        self.customers = {c["customer_id"]: c for c in self.of("dim_customers")}
        self.journeys = {j["journey"]: j for j in self.of("stg_templates__journeys")}
        self.rules = sorted(self.of("stg_templates__policy_rules"), key=lambda rule: rule["position"])
        self.settings = self.of("stg_templates__policy_settings")[0]
        self.points = {(p["customer_id"], p["channel"]): p for p in self.of("int_customers__contact_points")}
        self.windows = {w["channel"]: w for w in self.of("stg_templates__channel_windows")}
        self.wishes = {(w["address"], w["channel"]): w for w in self.of("stg_consent__preferences")}
        self.scores = {s["customer_id"]: s for s in self.of("fct_customer_scores")}
        self.worthless: dict[str, bool] = {}
        self.grouped: dict[str, dict[str, list[Row]]] = {}
        self.owners: dict[tuple[str, str], set[str]] = defaultdict(set)
        for i in self.of("dim_customer_identifiers"):
            self.owners[i["identifier_kind"], i["identifier_value"]].add(i["customer_id"])
        self.pinned: dict[tuple[str, str], list[Row]] = defaultdict(list)
        for pin in self.pins:
            self.pinned[pin["salt"], self.current(pin["customer_id"])].append(pin)
        self.new_pins: dict[tuple[str, str], Row] = {}

    def of(self, name: str) -> list[Row]:
        """Rows of an input relation by its bare name."""
        return next((rows for key, rows in self.tables.items() if key.split(".")[1] == name), [])

    def of_customer(self, name: str, customer_id: str) -> list[Row]:
        """Rows of an input relation that belong to one customer."""
        if name not in self.grouped:
            groups: dict[str, list[Row]] = defaultdict(list)
            for row in self.of(name):
                groups[row["customer_id"]].append(row)
            self.grouped[name] = groups
        return self.grouped[name].get(customer_id, [])

    def current(self, customer_id: str) -> str:
        """Today's id of a customer who was known under another."""
        return self.now_id.get(customer_id, customer_id)

    def cap(self, rule: Row, customer_id: str) -> int:
        """A rule's cap for one customer: lower for who is less engaged, where the policy says so."""
        stage = self.scores.get(customer_id, {}).get("engagement_stage")
        lower = dict(zip(rule["engagement_stages"], rule["engagement_max_messages"], strict=True))
        return min(rule["max_messages"], lower.get(stage, rule["max_messages"]))

    def own_rules(self, address: str | None, channel: str) -> list[Row]:
        """What the recipient asked for, as rules that come before the shop's."""
        wish = self.wishes.get((address, channel), {})
        rules: list[Row] = []
        until = FOREVER if wish.get("max_messages") == 0 else wish.get("paused_until")
        if until and until > self.as_of:
            rules.append({"name": "own_pause", "position": -2, "until": until})
        if wish.get("max_messages"):
            rules.append(
                {
                    "name": "own_frequency",
                    "position": -1,
                    "counts_classes": ["post_purchase", "lifecycle", "newsletter"],
                    "channels": [channel],
                    "window_seconds": wish["period_days"] * 86_400,
                    "max_messages": wish["max_messages"],
                    "engagement_stages": [],
                    "engagement_max_messages": [],
                }
            )
        return rules

    def is_worthless(self, journey: Row) -> bool:
        """Whether what followed the journey's past messages is below its floor."""
        floor = journey["min_expected_value_minor"]
        if floor is None:
            return False
        week, n, revenue = timedelta(days=7), 0, 0
        for m in self.of("stg_outbox__contact_log"):
            is_old = self.as_of - timedelta(days=97) <= m["sent_at"] < self.as_of - week
            if m["journey"] != journey["journey"] or m["state"] not in COUNTS_AS_SENT or not is_old:
                continue
            n += 1
            for order in self.of_customer("fct_orders", self.current(m["customer_id"])):
                if order["is_valid"] and m["sent_at"] < order["ordered_at"] <= m["sent_at"] + week:
                    revenue += order.get("net_amount_minor") or 0
        return n >= MIN_MESSAGES and revenue < floor * n

    # What was sent ---------------------------------------------------------------------------------------------

    def handed_off(self) -> tuple[list[Row], list[Row]]:
        """Messages of earlier runs, and messages of earlier executions of this run."""
        before, fixed = [], []
        for message in self.of("stg_outbox__contact_log"):
            if message["state"] not in COUNTS_AS_SENT:
                continue
            message = {**message, "now": self.current(message["customer_id"])}
            if message["run_date"] == self.run_date:
                fixed.append(message)
            elif message["run_date"] < self.run_date or message["sent_at"] < self.as_of:
                before.append(message)
        return before, sorted(fixed, key=lambda message: message["message_id"])

    def history(self, before: list[Row]) -> dict[str, list[Sent]]:
        """Everything each customer received before this run, from us and from outside."""
        log: dict[str, list[Sent]] = defaultdict(list)
        for m in before:
            touch = (m["journey"], m["step"], m["anchor"])
            log[m["now"]].append(Sent(m["message_id"], m["class"], m["channel"], touch, m["sent_at"]))
        for event in self.of("stg_provider__events"):
            if event["event"] != "sent" or event["message_id"] or event["occurred_at"] >= self.as_of:
                continue
            kind = "phone" if event["channel"] == "sms" else "email"
            for owner in self.owners[kind, event["address"]]:
                touch = ("external", "", event["event_id"])
                class_ = event["class"] or "newsletter"
                log[owner].append(Sent(event["event_id"], class_, event["channel"], touch, event["occurred_at"]))
        return log

    # Candidates ------------------------------------------------------------------------------------------------

    def candidates(self) -> list[Message]:
        """Every message that is decided today or falls due later, one per channel."""
        messages = []
        anchors = self.of("int_triggers__anchors")
        for anchor in anchors:
            journey = self.journeys.get(anchor["journey"])
            for step in self.of("stg_templates__journey_steps") if journey else ():
                if step["journey"] != anchor["journey"]:
                    continue
                due_at = anchor["anchor_at"] + timedelta(seconds=step["delay_seconds"])
                if step["valid_for_seconds"]:
                    expires_at = due_at + timedelta(seconds=step["valid_for_seconds"])
                else:
                    day = due_at.astimezone(HOME_ZONE).date()
                    expires_at = instant(day + timedelta(days=1), time(0), HOME_ZONE)
                is_due = due_at < self.next_as_of
                if is_due and expires_at <= self.previous_as_of:
                    continue
                channels = [
                    c
                    for c in self.of("stg_templates__journey_step_channels")
                    if (c["journey"], c["step"]) == (step["journey"], step["step"])
                ]
                for channel in channels:
                    messages.append(
                        Message(
                            customer_id=anchor["customer_id"],
                            anchor_row=anchor,
                            journey=journey or {},
                            step=step,
                            channel=channel["channel"],
                            position=channel["position"],
                            is_fallback=channel["is_fallback"],
                            is_exclusive=any(c["is_fallback"] for c in channels),
                            due_at=due_at,
                            expires_at=expires_at,
                            is_due=is_due,
                        )
                    )
        return messages
