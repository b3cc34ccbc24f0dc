"""Random retailers, made to be nasty: instants on a coarse grid so that ties and exact windows are common, merged
people, shared addresses, late hand-offs, Sundays, holidays, clock changes, and every switch of a journey.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from tests.dbt.decisions.oracle_rules import HOME_ZONE, instant
from tests.dbt.decisions.past_messages import add_past_messages
from tests.dbt.decisions.people import add_people
from tests.dbt.decisions.relations import Row
from tests.dbt.decisions.retailers import Retailer


class World(Retailer):
    """The inputs of one retailer around one run_date; `advance` changes them as time would."""

    def __init__(self, seed: int, n_customers: int, rare_day: date | None = None) -> None:
        super().__init__(seed, rare_day)
        self.n_anchors = 0
        self.customer_ids = [f"c{number:03d}" for number in range(n_customers)]
        add_people(self, self.customer_ids)
        self._make_anchors()
        add_past_messages(self, self.customer_ids)

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
        row: Row = {
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
