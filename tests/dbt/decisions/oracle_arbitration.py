"""The oracle's arbitration between candidates, de-duplication of addresses, and newsletter exclusion list."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.dbt.decisions.oracle_inputs import FOREVER
from tests.dbt.decisions.oracle_rules import Message, Sent
from tests.dbt.decisions.relations import Row

if TYPE_CHECKING:
    from tests.dbt.decisions.oracle import Oracle


def arbitrate(oracle: Oracle, due: list[Message], fixed: list[Row]) -> None:
    """Gates 17 and 18; what an earlier execution handed off comes first."""
    fixed = [f for f in fixed if f["class"] != "service"]
    handed_off = {(f["now"], f["journey"], f["step"], f["anchor"], f["channel"]): f for f in reversed(fixed)}
    for m in due:
        m.is_fixed = (m.customer_id, *m.touch, m.channel) in handed_off
    able = [m for m in due if m.class_ != "service" and (m.is_fixed or m.passes(16))]
    by_customer: dict[str, list[Message]] = defaultdict(list)
    for m in able:
        by_customer[m.customer_id].append(m)

    def id_of(m: Message) -> str:
        f = handed_off.get((m.customer_id, *m.touch, m.channel))
        return str(f["message_id"]) if f else m.message_id

    for customer_id, rows in by_customer.items():
        gone = [f for f in fixed if f["now"] == customer_id]
        if gone:
            touch = (gone[0]["journey"], gone[0]["step"], gone[0]["anchor"])
        else:
            touch = min(rows, key=lambda m: m.rank).touch
        winning = sorted((m for m in rows if m.touch == touch), key=lambda m: m.position)
        winner_id = id_of(winning[0]) if winning else str(gone[0]["message_id"])
        for m in rows:
            if m.is_fixed:
                continue
            if m.touch != touch:
                m.winner_message_id = winner_id
            elif m.is_exclusive:
                m.winner_message_id = _sibling(m, [w for w in winning if w is not m], id_of)
            if m.winner_message_id:
                m.failed.add("OUTRANKED")
    _deduplicate(oracle, [m for m in able if "OUTRANKED" not in m.failed], fixed, handed_off)


def _sibling(m: Message, siblings: list[Message], id_of: Any) -> str | None:
    """The channel of the same touch that goes instead of this one, where only the first that passes is sent."""
    going = [s for s in siblings if s.is_fixed or "OUTSIDE_WINDOW" not in s.failed]
    earlier = [s for s in going if s.position < m.position]
    if m.is_fallback and earlier:
        return str(id_of(earlier[0]))
    gone = [s for s in going if s.is_fixed and s.is_fallback and s.position > m.position]
    if gone and "OUTSIDE_WINDOW" not in m.failed:
        return str(id_of(gone[0]))
    return None


def _deduplicate(oracle: Oracle, open_rows: list[Message], fixed: list[Row], handed_off: dict[Any, Row]) -> None:
    groups: dict[tuple[str, str], list[Message]] = defaultdict(list)
    for m in open_rows:
        if m.address is not None:
            groups[m.channel, m.address].append(m)
    taken = set()
    for f in fixed:
        point = oracle.points.get((f["now"], f["channel"]))
        if point and point["address"] is not None:
            taken.add((f["channel"], point["address"]))
    for address, rows in groups.items():
        contenders = sorted((m for m in rows if not m.is_fixed), key=lambda m: (m.rank, m.customer_id))
        for m in contenders if address in taken else contenders[1:]:
            m.failed.add("DUPLICATE_ADDRESS")


def exclusion_list(oracle: Oracle, log: dict[str, list[Sent]], rows: list[Row]) -> list[Row]:
    """Customers for whom a rule for newsletters is full at some instant of the day, counting today's sends."""
    received: dict[str, list[Sent]] = defaultdict(list, {k: list(v) for k, v in log.items()})
    for row in rows:
        if row["decision"] == "send":
            touch = (row["journey"], row["step"], row["anchor"])
            sent = Sent(row["message_id"], row["class"], row["channel"], touch, row["send_at"])
            received[oracle.current(row["customer_id"])].append(sent)
    found = []
    reachable = {customer_id for customer_id, channel in oracle.points if channel == "email"}
    for customer_id in {*received, *reachable}:
        messages = received.get(customer_id, [])
        point = oracle.points.get((customer_id, "email"))
        own = oracle.own_rules(point["address"], "email") if point else []
        holds = [(rule["until"], -rule["position"], rule["name"]) for rule in own if "until" in rule]
        wish = oracle.wishes.get((point["address"], "email"), {}) if point else {}
        if "newsletter" in (wish.get("topics_off") or []):
            holds.append((FOREVER, 3, "own_topic"))
        for rule in [*oracle.rules, *(rule for rule in own if "until" not in rule)]:
            if "newsletter" not in rule.get("when_classes", ["newsletter"]):
                continue
            if rule["channels"] is not None and "email" not in rule["channels"]:
                continue
            latest: dict[Any, Any] = {}
            for sent in messages:
                if sent.class_ in rule["counts_classes"] and sent.channel in (rule["channels"] or [sent.channel]):
                    key = sent.touch if rule["channels"] is None else sent.message_id
                    latest[key] = max(sent.at, latest.get(key, sent.at))
            ordered = sorted(latest.values(), reverse=True)
            cap = oracle.cap(rule, customer_id)
            if len(ordered) >= cap:
                until = ordered[cap - 1] + timedelta(seconds=rule["window_seconds"])
                if until > oracle.as_of:
                    holds.append((until, -rule["position"], rule["name"]))
        if holds:
            until, _, name = max(holds)
            found.append(
                {
                    "customer_id": customer_id,
                    "address": point["address"] if point else None,
                    "rule": name,
                    "until_at": until,
                }
            )
    return found
