"""Who is in which audience, by plain loops: one customer and one rule after the other, sharing nothing with the SQL."""

from __future__ import annotations

from typing import Any

from tests.dbt.customers.audience_worlds import AS_OF, RECENT, WAIT


def oracle(world: dict[str, Any]) -> set[tuple[Any, ...]]:
    """(audience, customer, reason, email, phone), of every member."""
    found = set()
    for customer in world["dim_customers"]:
        me = customer["customer_id"]
        if customer["customer_type"] != "b2c" or customer["is_erased"]:
            continue
        named: dict[str, str | None] = {}
        for kind in ("email", "phone"):
            usable = []
            for owner, address, is_primary in world["identifiers"]:
                if owner != me or address[0] != kind:
                    continue
                for p in world["permissions"]:
                    holds = p["valid_from"] <= AS_OF and (p["valid_to"] is None or p["valid_to"] > AS_OF)
                    if p["address"] == address and p["purpose"] == "ads" and p["basis"] == "consent" and holds:
                        usable.append((not is_primary, address[1]))
            named[kind] = min(usable)[1] if usable else None
        if not any(named.values()):
            continue
        who = (named["email"], named["phone"])
        orders = [
            (o["ordered_at"], f"o{n}")
            for n, o in enumerate(world["orders"])
            if o["customer_id"] == me and o["is_valid"]
        ]
        score = next(each for each in world["scores"] if each["customer_id"] == me)
        messages = [
            (m["sent_at"], f"m{n}")
            for n, m in enumerate(world["messages"])
            if m["customer_id"] == me and m["class"] != "service"
        ]
        if orders:
            found.add(("customers", me, f"order:{max(orders)[1]}", *who))
            if max(orders)[0] >= AS_OF - RECENT:
                found.add(("recent_buyers", me, f"order:{max(orders)[1]}", *who))
        if score["is_ambassador"]:
            found.add(("lookalike_seed", me, "ambassador", *who))
        elif customer["persona"] == "Champions":
            found.add(("lookalike_seed", me, "persona:Champions", *who))
        if score["is_inactive_with_intent"] and messages:
            sent_at, message = max(messages)
            came_back = (score["last_visit_at"] and score["last_visit_at"] > sent_at) or any(
                o > sent_at for o, _ in orders
            )
            if sent_at < AS_OF - WAIT and not came_back:
                found.add(("win_back", me, f"message:{message}", *who))
    return found
