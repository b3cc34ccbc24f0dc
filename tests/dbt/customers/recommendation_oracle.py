"""What is recommended to each customer, by plain loops over baskets: no SQL, and nothing shared with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]
Shown = list[tuple[str, str, float]]

DAYS, MIN_BASKETS, MAX_PRODUCTS, DAMPING, BEST_SELLER_DAYS, REGRET_DAYS = 180, 2, 6, 0.25, 90, 30


class Shop:
    """One drawn shop as of `today`, asked for the list of one customer after the other."""

    def __init__(self, world: Row, today: date) -> None:
        self.products = {row["product_id"]: row for row in world["products"]}
        self.lines = world["lines"]
        self.carts = world["carts"]
        self.private = {row["customer_id"] for row in world["customers"] if row["customer_type"] == "b2c"}
        self.today = today

    def sellable(self, product: str) -> bool:
        row = self.products.get(product)
        return bool(row and row["is_in_stock"] and row["is_for_sale"] and row["is_known"])

    def younger_than(self, line: Row, days: int) -> bool:
        return bool(line["ordered_at"].date() >= self.today - timedelta(days=days))

    def last_order(self, customer: str, reference: str | None) -> list[Row]:
        """The order that steers: the trigger's own, else the last one; gifts steer nothing."""
        mine = [each for each in self.lines if each["customer_id"] == customer and each["is_valid"]]
        mine = [each for each in mine if not each["is_gift"]]
        named = [each for each in mine if each["order_id"] == reference]
        if not mine or named:
            return named
        newest = max((each["ordered_at"], each["order_id"]) for each in mine)
        return [each for each in mine if (each["ordered_at"], each["order_id"]) == newest]

    def unwanted(self, customer: str, cart: str | None) -> set[str]:
        """Owned, returned, another variant of these, dearer lately, or in the cart that the message shows."""
        out = set()
        for line in self.lines:
            if line["customer_id"] != customer or not (line["is_valid"] or line["returned_quantity"] > 0):
                continue
            group = self.products.get(line["product_id"], {}).get("item_group_id")
            out |= {line["product_id"]} | {
                name for name, row in self.products.items() if group and row["item_group_id"] == group
            }
        for each in self.carts:
            if each["cart_id"] == cart:
                out |= set(each["product_ids"])
        return out

    def units(self, by: str) -> dict[str, set[str]]:
        """Baskets (by order_id), or all that one customer bought (by customer_id), of private people lately."""
        found: dict[str, set[str]] = defaultdict(set)
        for line in self.lines:
            if line["is_valid"] and line["customer_id"] in self.private and self.younger_than(line, DAYS):
                found[line[by]].add(line["product_id"])
        return found

    def dearest(self, order: list[Row]) -> str:
        """The product of the dearest line; of equally dear ones the first by name."""
        return str(min((-line["net_amount_minor"], line["product_id"]) for line in order)[1])

    def damped_sum(self, order: list[Row]) -> dict[str, float]:
        """Over every product of the order: baskets with both, divided by (baskets with the other) ^ 0.25."""
        baskets = self.units("order_id").values()
        popular = Counter(product for basket in baskets for product in basket)
        score: dict[str, float] = defaultdict(float)
        for steering in {line["product_id"] for line in order}:
            for basket in baskets:
                if steering in basket and len(basket) <= MAX_PRODUCTS:
                    for other in basket - {steering}:
                        if popular[other] >= MIN_BASKETS:
                            score[other] += 1 / popular[other] ** DAMPING
        return score

    def most_valuable(self, order: list[Row]) -> dict[str, float]:
        """The mission's rule: of the order's dearest line, how many people who bought it bought the other one, too."""
        if not order:
            return {}
        dearest = self.dearest(order)
        people = self.units("customer_id").values()
        both = [bought - {dearest} for bought in people if dearest in bought]
        return {product: float(n) for product, n in Counter(each for bought in both for each in bought).items()}

    def best_sellers(self) -> dict[str, float]:
        buyers = defaultdict(set)
        for line in self.lines:
            if line["is_valid"] and self.younger_than(line, BEST_SELLER_DAYS):
                buyers[line["product_id"]].add(line["customer_id"])
        return {product: float(len(people)) for product, people in buyers.items()}

    def list_for(self, wanted: Row, method: str) -> Shown:
        """(product, method, score): the rule, then best sellers of the dearest product's category, then of all."""
        customer = wanted["customer_id"]
        order = self.last_order(customer, wanted["reference_order_id"])
        unwanted = self.unwanted(customer, wanted["reference_cart_id"])
        score = self.damped_sum(order) if method == "damped_sum" else self.most_valuable(order)
        shown = self.best(score, unwanted, "also_bought")
        category = self.products[self.dearest(order)]["category"] if order else None
        sellers = self.best_sellers()
        alike = {each: n for each, n in sellers.items() if category and self.products[each]["category"] == category}
        for fallback, name in ((alike, "best_seller_category"), (sellers, "best_seller")):
            shown += self.best(fallback, unwanted | {each for each, _, _ in shown}, name)
        return shown[: wanted["max_recommendations"]]

    def best(self, score: dict[str, float], unwanted: set[str], method: str) -> Shown:
        """Taken out first, then put in order; equal scores by product id."""
        left = {each: round(n, 9) for each, n in score.items() if self.sellable(each) and each not in unwanted}
        return [(each, method, left[each]) for each in sorted(left, key=lambda each: (-left[each], each))]
