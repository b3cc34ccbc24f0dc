"""A second, slow decision program in plain Python, made from the rules and not from the SQL.

It finds the hour of sending by trying instants and counting what lies in each rule's window, and arbitrates by
sorting lists. Ledger and oracle must agree on every row; where they do not, one of them has misread a rule.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from tests.dbt.decisions.oracle_inputs import Inputs
from tests.dbt.decisions.oracle_rules import (
    REASONS,
    Message,
    bucket,
    digest,
    known_zone,
)
from tests.dbt.decisions.relations import Row


@dataclass
class Outcome:
    """What a run writes: the day's ledger rows, newly pinned buckets, and the newsletter exclusion list."""

    rows: list[Row]
    pins: list[Row]
    exclusions: list[Row]


@dataclass
class Oracle(Inputs):
    """One run of one day."""

    # Gates 1-14 ------------------------------------------------------------------------------------------------

    def test_alone(self, m: Message, before: list[Row]) -> None:
        """The gates that need no other candidate: person, address, message."""
        customer: Row = self.customers.get(m.customer_id, {})
        point: Row = self.points.get((m.customer_id, m.channel), {})
        anchor, journey, step = m.anchor_row, m.journey, m.step
        is_service = m.class_ == "service"
        m.address = point.get("address")
        m.zone = known_zone(customer.get("timezone"))
        m.country = customer.get("country") or "NO"
        if is_service:
            m.permission_id = anchor["reference_order_id"]
            m.permission_basis = "service" if m.permission_id else None
        else:
            m.permission_id, m.permission_basis = point.get("permission_id"), point.get("permission_basis")
        wanted_type = journey["audience_customer_type"]
        in_audience = wanted_type in ("any", customer.get("customer_type"))
        if journey["audience_is_member"] is not None:
            in_audience &= bool(customer.get("is_member")) == journey["audience_is_member"]
        for column, wanted in (("country", "countries"), ("persona", "personas"), ("stage", "stages")):
            if journey[f"audience_{wanted}"] is not None:
                in_audience &= customer.get(column) in journey[f"audience_{wanted}"]
        if journey["audience_engagement"] is not None:
            stage = self.scores.get(m.customer_id, {}).get("engagement_stage") or "none"
            in_audience &= stage in journey["audience_engagement"]
        sent = [
            b
            for b in before
            if (b["journey"], b["step"]) == m.touch[:2]
            and (b["anchor"] == m.touch[2] or b["anchor"][:12] == m.touch[2][:12] == "date:joined:")
        ]
        orders = [
            o for o in self.of_customer("fct_orders", m.customer_id) if o["is_valid"] and o["ordered_at"] < self.as_of
        ]
        cases = self.of_customer("int_service__open_cases", m.customer_id)
        shown = {
            r["product_id"]
            for r in self.of_customer("int_recommendations__for_candidates", m.customer_id)
            if (r["journey"], r["anchor"]) == (m.touch[0], m.touch[2]) and r["slot"] in step["recommendation_slots"]
        }
        branch = step["min_recommendations_branch"]
        needs_content = step["min_recommendations"] > 0 and branch in (None, anchor["branch"])
        too_little = needs_content and len(shown) < step["min_recommendations"]
        if m.touch[0] not in self.worthless:
            self.worthless[m.touch[0]] = self.is_worthless(journey)
        goal = anchor["goal_reached_at"]
        paused = {"email": "is_email_paused", "sms": "is_sms_paused"}
        checks = {
            "ERASED": bool(customer.get("is_erased")),
            "NO_ADDRESS": m.address is None,
            "ADDRESS_SUPPRESSED": point.get("suppression_id") is not None,
            "NO_PERMISSION": m.permission_basis is None or self.refuses(m),
            "WRONG_AUDIENCE": not in_audience,
            "ALREADY_SENT": bool(sent) if m.is_exclusive else any(b["channel"] == m.channel for b in sent),
            "EXPIRED": m.expires_at <= self.as_of,
            "GOAL_REACHED": goal is not None and goal < self.as_of,
            "CONDITION_FAILED": not anchor["still_holds"]
            or any(not self.holds(c, m, orders) for c in step["conditions"]),
            "OPEN_SERVICE_CASE": bool(cases) and not is_service,
            "OFFER_GUARD": step["offer_kind"] == "first_purchase" and bool(orders),
            "NOTHING_TO_SAY": not is_service and (too_little or self.worthless[m.touch[0]]),
            "HOLDOUT": False,
            "PAUSED": bool(journey["is_paused"]) or bool(self.settings[paused[m.channel]]),
        }
        m.failed = {reason for reason, is_failing in checks.items() if is_failing}
        self.assign(m)

    def refuses(self, m: Message) -> bool:
        """Whether the recipient wants nothing of this message's topic; what a service owes is none."""
        topics = self.wishes.get((m.address, m.channel), {}).get("topics_off") or []
        return m.class_ in topics and m.class_ != "service"

    def holds(self, condition: str, m: Message, orders: list[Row]) -> bool:
        """Whether one condition of the step holds now."""
        anchor = m.anchor_row
        bought_since = any(o["ordered_at"] > anchor["anchor_at"] for o in orders)
        carts = [c for c in self.of("fct_carts") if c["cart_id"] == anchor["reference_cart_id"]]
        products = [p for p in self.of("dim_products") if p["product_id"] == anchor["reference_product_id"]]
        return {
            "no_order_since_anchor": not bought_since,
            "order_since_anchor": bought_since,
            "cart_not_bought": not any(c["bought_order_id"] for c in carts),
            "reference_product_in_stock": any(p["is_in_stock"] for p in products),
            "visit_since_anchor": anchor["visited_at"] is not None,
            "no_visit_since_anchor": anchor["visited_at"] is None,
            "is_member": bool(self.customers.get(m.customer_id, {}).get("is_member")),
        }[condition]

    def assign(self, m: Message) -> None:
        """Control groups and experiment arm; and pin the buckets of who is eligible for the first time."""
        name, is_service = m.touch[0], m.class_ == "service"
        holdouts = []
        if self.settings["holdout_buckets"] > 0 and not is_service:
            holdouts.append((f"holdout:{self.settings['holdout_epoch']}", self.settings["holdout_buckets"]))
        if m.journey["holdout_buckets"] > 0 and not is_service:
            holdouts.append((name, m.journey["holdout_buckets"]))
        arms = [a for a in self.of("stg_templates__journey_experiments") if a["journey"] == name]
        m.experiment = min((a["experiment"] for a in arms), default=None)
        eligible = m.is_due and m.passes(12)
        salts = [salt for salt, _ in holdouts] + ([m.experiment] if m.experiment else [])
        drawn = {salt: self.bucket_of(salt, m.customer_id, eligible) for salt in salts}
        if any(drawn[salt] < limit for salt, limit in holdouts):
            m.failed.add("HOLDOUT")
        for arm in arms:
            is_mine = arm["experiment"] == m.experiment
            if is_mine and arm["bucket_from"] <= drawn[arm["experiment"]] < arm["bucket_to"]:
                m.variant = arm["arm"]

    def bucket_of(self, salt: str, customer_id: str, eligible: bool) -> int:
        """The bucket under the id that was pinned first; today's id if none was."""
        mine = self.pinned[salt, customer_id]
        if eligible and not any(p["pinned_on"] <= self.run_date for p in mine):
            self.new_pins[salt, customer_id] = {
                "salt": salt,
                "customer_id": customer_id,
                "bucket": bucket(salt, customer_id),
                "pinned_on": self.run_date,
            }
        earlier = [p for p in mine if p["pinned_on"] < self.run_date]
        if earlier:
            return int(min(earlier, key=lambda p: (p["pinned_on"], p["customer_id"]))["bucket"])
        return bucket(salt, customer_id)

    # The whole run ---------------------------------------------------------------------------------------------

    def run(self) -> Outcome:
        """Decide the day."""
        from tests.dbt.decisions.oracle_arbitration import arbitrate, exclusion_list
        from tests.dbt.decisions.oracle_policy import schedule, yields_to

        before, fixed = self.handed_off()
        log = self.history(before)
        messages = self.candidates()
        earlier: dict[str, list[Row]] = defaultdict(list)
        for message in before:
            earlier[message["now"]].append(message)
        for m in messages:
            self.test_alone(m, earlier[m.customer_id])
        by_customer: dict[str, list[Message]] = defaultdict(list)
        for m in messages:
            by_customer[m.customer_id].append(m)
        for m in messages:
            schedule(self, m, log[m.customer_id])
        for m in messages:
            if m.is_due and yields_to(self, m, by_customer[m.customer_id], log[m.customer_id]):
                m.failed.add("RESERVED")
        due = [m for m in messages if m.is_due and not {"ALREADY_SENT", "EXPIRED"} <= m.failed]
        arbitrate(self, due, fixed)
        rows = self.write(due, fixed)
        return Outcome(rows, list(self.new_pins.values()), exclusion_list(self, log, rows))

    def write(self, due: list[Message], fixed: list[Row]) -> list[Row]:
        """The day's rows: what is fixed as it stands, everything else as decided now."""
        gone = {(f["now"], f["journey"], f["step"], f["anchor"], f["channel"]): f for f in reversed(fixed)}
        kept = [row for message_id, row in self.today.items() if message_id in {f["message_id"] for f in fixed}]
        kept_ids = {row["message_id"] for row in kept}
        rows = [{name: row.get(name) for name in COMPARED} for row in kept]
        for m in due:
            f = gone.get((m.customer_id, *m.touch, m.channel))
            message_id = f["message_id"] if f else m.message_id
            if message_id in kept_ids:
                continue
            failed = [] if f else [reason for reason in REASONS if reason in m.failed]
            reason = failed[0] if failed else None
            values: dict[str, Any] = {
                "message_id": message_id,
                "customer_id": f["customer_id"] if f else m.customer_id,
                "journey": m.touch[0],
                "step": m.touch[1],
                "anchor": m.touch[2],
                "channel": m.channel,
                "class": m.class_,
                "priority": m.journey["priority"],
                "due_at": m.due_at,
                "expires_at": m.expires_at,
                "decision": REASONS[reason] if reason else "send",
                "reason": reason,
                "failed_gates": failed,
                "winner_message_id": m.winner_message_id if reason == "OUTRANKED" else None,
                "quarantine_rule": m.broken_rules[0] if m.broken_rules else None,
                "experiment": (f.get("experiment") if f else None) or m.experiment,
                "variant": f.get("variant") if f else m.variant,
                "permission_basis": (f.get("permission_basis") if f else None) or m.permission_basis,
                "permission_id": (f.get("permission_id") if f else None) or m.permission_id,
                "send_at": None if reason else (f.get("send_at") if f else None) or m.possible_at,
                "touch_id": digest(*m.touch, m.customer_id),
            }
            rows.append(values)
        return rows


COMPARED = (
    "message_id", "customer_id", "journey", "step", "anchor", "channel", "class", "priority", "due_at", "expires_at",
    "decision", "reason", "failed_gates", "winner_message_id", "quarantine_rule", "experiment", "variant",
    "permission_basis", "permission_id", "send_at", "touch_id",
)  # fmt: skip
