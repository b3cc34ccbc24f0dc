"""Random journeys and contact policies, with every switch that a journey has."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random

from tests.dbt.decisions.oracle_rules import HOME_ZONE, instant
from tests.dbt.decisions.relations import Row, Tables

RUN_DATES = (
    date(2026, 3, 28), date(2026, 3, 29), date(2026, 3, 30), date(2026, 10, 25), date(2026, 10, 26),
    date(2026, 12, 31), date(2027, 1, 1), date(2026, 5, 17), date(2026, 9, 13), date(2026, 9, 16),
)  # fmt: skip
# Days on which only the clocks of New York change, and a day that most years do not have.
RARE_DAYS = (date(2026, 3, 8), date(2026, 11, 1), date(2028, 2, 29))
HOURS = (time(0), time(8, 59, 59), time(9), time(9), time(10), time(12), time(19, 59, 59), time(20), time(23, 59, 59))
CLASSES = ("post_purchase", "post_purchase", "lifecycle", "newsletter", "service")
MARKETING = ["post_purchase", "lifecycle", "newsletter"]
CONDITIONS = (
    "no_order_since_anchor", "order_since_anchor", "cart_not_bought", "reference_product_in_stock", "is_member",
    "visit_since_anchor", "no_visit_since_anchor",
)  # fmt: skip
CHANNELS = (
    [("email", False)],
    [("email", False)],
    [("sms", False)],
    [("email", False), ("sms", False)],
    [("sms", False), ("email", False)],
    [("email", False), ("sms", True)],
    [("sms", False), ("email", True)],
)
ZONES = (None, None, None, "Europe/Helsinki", "America/New_York", "Not/A_Zone")
FAR_ZONES = ("Pacific/Auckland", "America/New_York", "Pacific/Honolulu", "America/New_York")
COUNTRIES = ("NO", "NO", "NO", "SE", None)
DAY = 86_400


class Retailer:
    """Journeys and contact policy of one random retailer, and the dice that the rest of its world is made with."""

    def __init__(self, seed: int, rare_day: date | None = None) -> None:
        self.random = Random(seed)
        self.run_date = self.random.choice(RUN_DATES)
        # A rare day, and a third of the customers far away, without which each of them would decide as before.
        self.is_rare = rare_day is not None
        self.run_date = rare_day or self.run_date
        # In a calm retailer little stands in the way of a message, so that arbitration and look-ahead have work.
        self.is_calm = self.random.random() < 0.5
        self.journeys: list[Row] = []
        self.steps: list[Row] = []
        self.tables: Tables = {}
        self._make_policy()
        self._make_journeys()

    def put(self, relation: str, row: Row) -> None:
        """Add one row to an input relation."""
        self.tables.setdefault(relation, []).append(row)

    def often(self, probability: float) -> bool:
        """A weighted coin."""
        return self.random.random() < probability

    def seldom(self, probability: float) -> bool:
        """A weighted coin for what stops a message."""
        return self.often(probability * 0.25 if self.is_calm else probability)

    def moment(self, *day_offsets: int) -> datetime:
        """An instant on the grid, on one of the days around run_date."""
        day = self.run_date + timedelta(days=self.random.choice(day_offsets))
        return instant(day, self.random.choice(HOURS), HOME_ZONE)

    def some(self, values: list[str]) -> list[str]:
        """A non-empty part of a list, in its order."""
        chosen = set(self.random.sample(values, self.random.randint(1, len(values))))
        return [value for value in values if value in chosen]

    def _make_policy(self) -> None:
        pick = self.random.choice
        rules: list[tuple[list[str], list[str], list[str] | None, int, int]] = [
            (["post_purchase"], ["post_purchase"], None, 2 * DAY, 1),
            (["newsletter"], ["post_purchase"], None, 2 * DAY, 1),
            (MARKETING, MARKETING, ["email"], 7 * DAY, pick((2, 4))),
            (MARKETING, MARKETING, ["sms"], 30 * DAY, pick((1, 4))),
        ]
        if self.often(0.5):
            rules = rules[: pick((0, 1, 2))]
            for _ in range(pick((1, 2, 3))):
                counts = self.some(["post_purchase", "lifecycle", "newsletter", "service"])
                channels = pick((None, None, ["email"], ["sms"], ["email", "sms"]))
                rules.append(
                    (self.some([*MARKETING, "service"]), counts, channels, pick((1, 2, 3, 7)) * DAY, pick((1, 1, 2, 3)))
                )
        for position, (when, counts, channels, window, most) in enumerate(rules):
            rule = {"position": position, "name": f"rule_{position}", "when_classes": when, "counts_classes": counts}
            rule |= {"channels": channels, "window_seconds": window, "max_messages": most}
            lower = self.often(0.4) and most > 1
            rule |= {"engagement_stages": ["none", "research"] if lower else []}
            rule |= {"engagement_max_messages": [1, most - 1] if lower else []}
            self.put("staging.stg_templates__policy_rules", rule)
        self.put(
            "staging.stg_templates__policy_settings",
            {
                "policy_version": "v",
                "holdout_epoch": "2026",
                "holdout_buckets": pick((0, 500, 2000)),
                "accessory_lookback_days": 30,
                "is_email_paused": self.often(0.03),
                "is_sms_paused": self.often(0.05),
                "sends_at_best_hour": self.often(0.3),
            },
        )
        for channel in ("email", "sms"):
            hours = {"opens_at": time(9), "closes_at": pick((time(20), time(20), time(12)))}
            flags = {"on_sundays": channel == "email", "on_holidays": channel == "email"}
            self.put("staging.stg_templates__channel_windows", {"channel": channel, **hours, **flags})
        for day in (date(2026, 5, 17), date(2027, 1, 1), date(2026, 9, 16)):
            self.put("staging.stg_templates__holidays", {"country": "NO", "holiday_on": day, "name": "holiday"})

    def _make_journeys(self) -> None:
        pick = self.random.choice
        for number in range(pick((3, 5, 7))):
            name = f"j{number}"
            journey = {
                "policy_version": "v",
                "journey": name,
                "class": pick(CLASSES),
                "priority": self.random.randint(1, 4),
                "audience_customer_type": pick(("b2c", "b2b")) if self.seldom(0.3) else "any",
                "audience_is_member": pick((True, False)) if self.seldom(0.15) else None,
                "audience_countries": pick((["NO"], ["SE", "DK"])) if self.seldom(0.15) else None,
                "audience_personas": pick((["loyal", "new"],)) if self.seldom(0.15) else None,
                "audience_stages": pick((["active"],)) if self.seldom(0.15) else None,
                "audience_engagement": pick((["none"], ["research", "purchase"])) if self.seldom(0.15) else None,
                "is_paused": self.seldom(0.12),
                "holdout_buckets": pick((0, 0, 0, 1000)),
                "min_expected_value_minor": pick((None, None, 1_000, 6_000)),
            }
            self.journeys.append(journey)
            self.put("staging.stg_templates__journeys", journey)
            if self.often(0.3):
                arms = [("a", 0, 4000), ("b", 4000, pick((8000, 10_000)))]
                for arm, low, high in arms:
                    row = {"journey": name, "experiment": f"x{number}", "arm": arm, "bucket_from": low}
                    self.put("staging.stg_templates__journey_experiments", {**row, "bucket_to": high})
            for position in range(pick((1, 1, 2))):
                self._make_step(name, position)

    def _make_step(self, journey: str, position: int) -> None:
        pick = self.random.choice
        step = {
            "journey": journey,
            "step": f"s{position}",
            "position": position,
            "delay_seconds": pick((0, DAY // 2, DAY, 2 * DAY, 3 * DAY)),
            "send_after_local": pick((None, None, None, time(9), time(12), time(21))),
            "valid_for_seconds": pick((0, DAY, 3 * DAY, 3 * DAY, 5 * DAY)),
            "yields": pick((True, True, True, None, False)),
            "conditions": [pick(CONDITIONS)] if self.seldom(0.3) else [],
            "recommendation_slots": pick(([], ["also_bought"], ["also_bought", "accessories"])),
            "min_recommendations": pick((1, 2)) if self.seldom(0.5) else 0,
            "min_recommendations_branch": pick((None, "without_accessory")),
            "offer_kind": pick(("coupon", "first_purchase")) if self.seldom(0.4) else None,
        }
        self.steps.append(step)
        self.put("staging.stg_templates__journey_steps", step)
        for number, (channel, is_fallback) in enumerate(pick(CHANNELS)):
            row = {"journey": journey, "step": step["step"], "channel": channel, "position": number}
            self.put("staging.stg_templates__journey_step_channels", {**row, "is_fallback": is_fallback})
