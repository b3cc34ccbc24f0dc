"""Random retailers, made to be nasty: instants on a coarse grid so that ties and exact windows are common, merged
people, shared addresses, late hand-offs, Sundays, holidays, clock changes, and every switch of a journey.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.dbt.decisions.oracle_rules import HOME_ZONE, instant
from tests.dbt.decisions.relations import Row
from tests.dbt.decisions.retailers import CLASSES, COUNTRIES, FAR_ZONES, ZONES, Retailer


class World(Retailer):
    """The inputs of one retailer around one run_date; `advance` changes them as time would."""

    def __init__(self, seed: int, n_customers: int, rare_day: date | None = None) -> None:
        super().__init__(seed, rare_day)
        self.n_anchors = 0
        self.customer_ids = [f"c{number:03d}" for number in range(n_customers)]
        self._make_customers()
        self._make_anchors()
        self._make_history()

    def _make_customers(self) -> None:
        pick = self.random.choice
        for number, customer_id in enumerate(self.customer_ids):
            self.put(
                "intermediate.int_identity__aliases", {"past_customer_id": customer_id, "customer_id": customer_id}
            )
            if self.often(0.25):
                alias = {"past_customer_id": f"old{number:03d}", "customer_id": customer_id}
                self.put("intermediate.int_identity__aliases", alias)
            if self.seldom(0.02):
                continue
            self.put(
                "marts.dim_customers",
                {
                    "customer_id": customer_id,
                    "customer_type": pick(("b2c", "b2c", "b2c", "b2b")),
                    "is_member": pick((True, True, False, None)),
                    "country": pick(COUNTRIES),
                    "timezone": self._zone(number, pick(ZONES)),
                    "persona": pick(("loyal", "new", "inactive", None)),
                    "stage": pick(("active", "lapsed", None)),
                    "is_erased": self.seldom(0.02),
                },
            )
            if self.often(0.6):
                stage, hour = pick(("none", "none", "research", "purchase", None)), pick((None, 8, 9, 12, 19, 20))
                score = {"customer_id": customer_id, "engagement_stage": stage, "best_hour_local": hour}
                self.put("marts.fct_customer_scores", score)
            for channel in ("email", "sms"):
                self._make_address(customer_id, number, channel)
            if self.seldom(0.06):
                for case in self.random.sample(("k1", "k2", "k3"), pick((1, 2))):
                    row = {"customer_id": customer_id, "case_id": f"{case}-{number}", "topic": "complaint"}
                    self.put("intermediate.int_service__open_cases", row)
            for order in range(pick((0, 0, 1, 2))):
                self.put(
                    "marts.fct_orders",
                    {
                        "order_id": f"o{number}-{order}",
                        "customer_id": customer_id,
                        "ordered_at": self.moment(-9, -3, -2, -1, 0),
                        "is_valid": self.often(0.8),
                        "net_amount_minor": pick((5_000, 10_000, 20_000)),
                    },
                )

    def _zone(self, number: int, drawn: str | None) -> str | None:
        """On a rare day every third customer lives far away."""
        return FAR_ZONES[number // 3 % len(FAR_ZONES)] if self.is_rare and number % 3 == 0 else drawn

    def _make_address(self, customer_id: str, number: int, channel: str) -> None:
        if self.seldom(0.08):
            return
        shared = self.random.randrange(max(1, len(self.customer_ids) // 6))
        address = f"{channel}-shared-{shared}" if self.often(0.4) else f"{channel}-{number}"
        basis = None if self.seldom(0.2) else self.random.choice(("consent", "consent", "existing_customer"))
        self.put(
            "intermediate.int_customers__contact_points",
            {
                "customer_id": customer_id,
                "channel": channel,
                "address": address,
                "suppression_id": f"sup-{number}" if self.seldom(0.05) else None,
                "permission_basis": basis,
                "permission_id": f"perm-{channel}-{number}" if basis else None,
            },
        )
        known = {w["address"] for w in self.tables.get("staging.stg_consent__preferences", [])}
        if address not in known and self.seldom(0.3):
            wish = {"event_id": f"wish-{address}", "address": address, "channel": channel}
            wish |= {
                "max_messages": self.random.choice((None, 0, 1, 1, 2)),
                "period_days": self.random.choice((1, 2, 7)),
            }
            wish["topics_off"] = self.random.choice(([], [], ["newsletter"], ["lifecycle", "post_purchase"]))
            wish["paused_until"] = self.moment(-1, 0, 0, 1) if self.often(0.3) else None
            self.put("staging.stg_consent__preferences", wish)
        kind = "phone" if channel == "sms" else "email"
        row = {"customer_id": customer_id, "identifier_kind": kind, "identifier_value": address}
        self.put("marts.dim_customer_identifiers", row)

    def _make_anchors(self) -> None:
        for number in range(3):
            self.put("marts.fct_carts", {"cart_id": f"cart{number}", "bought_order_id": "o" if number == 1 else None})
            self.put("marts.dim_products", {"product_id": f"p{number}", "is_in_stock": number == 1})
        for customer_id in self.customer_ids:
            for step in self.random.sample(self.steps, min(len(self.steps), self.random.choice((1, 2, 2, 3)))):
                self._make_anchor(customer_id, step)

    def _make_anchor(self, customer_id: str, step: Row, due_at: datetime | None = None) -> None:
        pick = self.random.choice
        self.n_anchors += 1
        number = self.n_anchors
        if due_at is None:
            due_at = self.moment(-4, -3, -2, -1, -1, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 9)
            if self.often(0.4):
                # Another one that falls due exactly a window later.
                rule = pick(self.tables["staging.stg_templates__policy_rules"])
                later = due_at + timedelta(seconds=rule["window_seconds"])
                self._make_anchor(customer_id, pick(self.steps), later)
        anchor_at = due_at - timedelta(seconds=step["delay_seconds"])
        reached = pick((self.moment(-2), instant(self.run_date, time(0), HOME_ZONE)))
        row: dict[str, Any] = {
            "customer_id": customer_id,
            "journey": step["journey"],
            "anchor": f"date:joined:{number}" if self.seldom(0.15) else f"order:{number}",
            "anchor_at": anchor_at,
            "branch": pick(("default", "with_accessory", "without_accessory")),
            "goal_reached_at": reached if self.seldom(0.15) else None,
            "reference_order_id": pick((f"ref-{number}", f"ref-{number}", None)),
            "reference_product_id": pick(("p0", "p1", None)),
            "reference_cart_id": pick(("cart0", "cart0", "cart1", None)),
            "evidence": "{}",
            "received_on": anchor_at.date(),
            "still_holds": not self.seldom(0.1),
            "visited_at": anchor_at + timedelta(hours=1) if self.seldom(0.5) else None,
        }
        self.put("intermediate.int_triggers__anchors", row)
        if self.often(0.1):
            order = {"order_id": f"same-{number}", "customer_id": customer_id, "is_valid": True}
            self.put("marts.fct_orders", {**order, "ordered_at": anchor_at})
        for slot in ("also_bought", "accessories"):
            for rank in range(pick((0, 1, 2, 3))):
                shown = {"customer_id": customer_id, "journey": step["journey"], "anchor": row["anchor"]}
                product = {"slot": slot, "rank": rank + 1, "product_id": f"p{rank}"}
                self.put("intermediate.int_recommendations__for_candidates", {**shown, **product})

    def anchors(self) -> list[Row]:
        """All anchors of all trigger kinds."""
        return self.tables.get("intermediate.int_triggers__anchors", [])

    def class_of(self, journey: str) -> str:
        """The class of a journey."""
        return next(str(row["class"]) for row in self.journeys if row["journey"] == journey)

    def ids_of(self, customer_id: str) -> list[str]:
        """Every id that a customer has had."""
        aliases = self.tables["intermediate.int_identity__aliases"]
        return [row["past_customer_id"] for row in aliases if row["customer_id"] == customer_id]

    def _make_history(self) -> None:
        pick = self.random.choice
        anchors, number = self.anchors(), 0
        for customer_id in self.customer_ids:
            own = [anchor for anchor in anchors if anchor["customer_id"] == customer_id]
            for _ in range(pick((0, 0, 1, 1, 2, 5))):
                number += 1
                sent_at = self.moment(-1, -1, -1, -2, -2, -2, -3, -6, -7, -8, -29, -30)
                run_on = sent_at.astimezone(HOME_ZONE).date()
                if self.often(0.04):
                    # A run that was late: its message leaves on the morning of the next run's day.
                    sent_at, run_on = self.moment(0), self.run_date - timedelta(days=1)
                if self.often(0.05):
                    sent_at, run_on = self.moment(0), self.run_date
                if self.often(0.03):
                    sent_at, run_on = self.moment(1), self.run_date + timedelta(days=1)
                known = pick(own) if own and self.often(0.35) else None
                message: Row = {
                    "message_id": f"sent-{number:05d}",
                    "run_date": run_on,
                    "customer_id": pick([*self.ids_of(customer_id), customer_id]),
                    "journey": known["journey"] if known else pick(("gone", self.journeys[0]["journey"])),
                    "step": pick(("s0", "s0", "s1")),
                    "channel": pick(("email", "email", "sms")),
                    "class": self.class_of(known["journey"]) if known else pick(CLASSES),
                    "anchor": self._sent_anchor(known["anchor"]) if known else f"order:past-{number // 2}",
                    "state": pick(("ACCEPTED", "DELIVERED", "UNKNOWN", "SENDING", "FAILED", "REJECTED")),
                    "send_at": sent_at,
                    "sent_at": sent_at,
                }
                self.put("staging.stg_outbox__contact_log", message)
                if self.often(0.4):
                    # The same touch in its other channel, some time earlier or later.
                    other_at = self.moment(-1, -2, -3)
                    other: Row = {"message_id": f"also-{number:05d}", "sent_at": other_at}
                    other["channel"] = "sms" if message["channel"] == "email" else "email"
                    other["run_date"] = other_at.astimezone(HOME_ZONE).date()
                    self.put("staging.stg_outbox__contact_log", {**message, **other})
            if self.often(0.5):
                number += 1
                self.put(
                    "staging.stg_provider__events",
                    {
                        "event_id": f"ev-{number}",
                        "occurred_at": self.moment(-1, -2, -3, 0),
                        "channel": "email",
                        "event": pick(("sent", "sent", "sent", "opened")),
                        "message_id": pick((None, None, "ours")),
                        "address": pick([f"email-{n}" for n in range(len(self.customer_ids))] + ["email-shared-0"]),
                        "class": pick((None, "post_purchase", "newsletter")),
                        "received_on": self.run_date,
                    },
                )

    def _sent_anchor(self, anchor: str) -> str:
        """The anchor under which it was sent: of two club records that are one person, perhaps the other's."""
        return f"{anchor}9" if anchor.startswith("date:joined:") and self.often(0.5) else anchor

    def hand_off(self, rows: list[Row], probability: float) -> None:
        """Let some of a run's sends leave, as the hand-off would: each message once."""
        gone = {message["message_id"] for message in self.tables.get("staging.stg_outbox__contact_log", [])}
        for row in sorted(rows, key=lambda row: str(row["message_id"])):
            if row["decision"] == "send" and row["message_id"] not in gone and self.often(probability):
                copied = ("message_id", "run_date", "customer_id", "journey", "step", "channel", "class", "anchor")
                more = ("experiment", "variant", "send_at", "permission_basis", "permission_id")
                message = {name: row[name] for name in (*copied, *more)}
                message |= {"state": "ACCEPTED", "sent_at": row["send_at"].astimezone(UTC)}
                self.put("staging.stg_outbox__contact_log", message)

    def advance(self) -> None:
        """New knowledge about the same day: merged people, vanished anchors, permissions given and taken."""
        for _ in range(max(1, len(self.customer_ids) // 6)):
            survivor, merged = self.random.sample(self.customer_ids, 2) if len(self.customer_ids) > 1 else ("", "")
            if merged and self.often(0.7):
                self._merge(survivor, merged)
        anchors = self.tables.get("intermediate.int_triggers__anchors", [])
        anchors[:] = [row for row in anchors if not self.often(0.08)]
        for customer_id in self.customer_ids:
            if self.often(0.2):
                # A fact that arrived late.
                self._make_anchor(customer_id, self.random.choice(self.steps))
        for point in self.tables.get("intermediate.int_customers__contact_points", []):
            if self.often(0.1):
                basis = None if point["permission_basis"] else "consent"
                point |= {"permission_basis": basis, "permission_id": f"new-{point['address']}" if basis else None}

    def edit_journeys(self) -> None:
        """What a marketer does to journeys with people inside: a step moved, added, removed, a journey paused."""
        steps = self.tables["staging.stg_templates__journey_steps"]
        channels = self.tables["staging.stg_templates__journey_step_channels"]
        moved, removed, paused = (self.random.choice(steps) for _ in range(3))
        moved["delay_seconds"] += self.random.choice((-86_400, 86_400, 3 * 86_400))
        moved["delay_seconds"] = max(0, moved["delay_seconds"])
        added = {**self.random.choice(steps), "step": "added", "position": 9}
        steps.append(added)
        channels.append(
            {"journey": added["journey"], "step": "added", "channel": "email", "position": 1, "is_fallback": False}
        )
        if len(steps) > 2:
            steps.remove(removed)
            key = (removed["journey"], removed["step"])
            channels[:] = [c for c in channels if (c["journey"], c["step"]) != key]
        for journey in self.journeys:
            if journey["journey"] == paused["journey"]:
                journey["is_paused"] = True

    def _merge(self, survivor: str, merged: str) -> None:
        self.customer_ids.remove(merged)
        for name in ("marts.dim_customers", "marts.fct_customer_scores", "intermediate.int_customers__contact_points"):
            self.tables[name] = [row for row in self.tables.get(name, []) if row["customer_id"] != merged]
        for name, rows in self.tables.items():
            if name != "staging.stg_outbox__contact_log":
                for row in rows:
                    if row.get("customer_id") == merged:
                        row["customer_id"] = survivor
        identifiers = self.tables.get("marts.dim_customer_identifiers", [])
        unique = {tuple(sorted(row.items())): row for row in identifiers}
        self.tables["marts.dim_customer_identifiers"] = list(unique.values())
