"""The oracle's sending hours, contact policy and look-ahead: by trying instants and counting."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from tests.dbt.decisions.oracle_rules import Message, Sent, instant
from tests.dbt.decisions.relations import Row

if TYPE_CHECKING:
    from tests.dbt.decisions.oracle import Oracle


def units(rule: Row, log: Iterable[Sent], without: set[tuple[str, str, str]], since: datetime) -> int:
    """How many touches (or messages, where the rule names channels) lie after `since`, some touches left out.

    What has been handed off by an earlier run counts even if its instant is still to come: it cannot be taken back.
    """
    counted: set[tuple[str, ...]] = set()
    for sent in log:
        if sent.class_ not in rule["counts_classes"] or sent.touch in without or sent.at <= since:
            continue
        if rule["channels"] is None:
            counted.add(sent.touch)
        elif sent.channel in rule["channels"]:
            counted.add((sent.message_id,))
    return len(counted)


def permits(oracle: Oracle, rule: Row, m: Message, log: list[Sent], at: datetime) -> bool:
    """Whether one rule lets the message go at an instant."""
    if "until" in rule:
        return bool(at >= rule["until"])
    window = timedelta(seconds=rule["window_seconds"])
    return units(rule, log, {m.touch}, at - window) < oracle.cap(rule, m.customer_id)


def first_instant(
    oracle: Oracle, rules: list[Row], m: Message, log: list[Sent], start: datetime, end: datetime
) -> datetime | None:
    """The earliest instant in [start, end) that all rules permit: only there where something leaves a window."""
    instants = {start} | {rule["until"] for rule in rules if "until" in rule}
    timed = [rule for rule in rules if "until" not in rule]
    instants |= {sent.at + timedelta(seconds=rule["window_seconds"]) for rule in timed for sent in log}
    for at in sorted(instants):
        if start <= at < end and all(permits(oracle, rule, m, log, at) for rule in rules):
            return at
    return None


def schedule(oracle: Oracle, m: Message, log: list[Sent]) -> None:
    """Gates 15 and 19, and the instant of sending."""
    window = oracle.windows[m.channel]
    opens = instant(oracle.run_date, window["opens_at"], m.zone)
    closes = instant(oracle.run_date, window["closes_at"], m.zone)
    is_holiday = any(
        (h["country"], h["holiday_on"]) == (m.country, oracle.run_date) for h in oracle.of("stg_templates__holidays")
    )
    is_open = (window["on_sundays"] or oracle.run_date.weekday() != 6) and (window["on_holidays"] or not is_holiday)
    start = max(m.due_at, opens)
    if m.step["send_after_local"] is not None:
        due_on = m.due_at.astimezone(m.zone).date()
        start = max(start, instant(due_on, m.step["send_after_local"], m.zone))
    if m.expires_at > oracle.as_of:
        closes = min(closes, m.expires_at)
    end = closes if is_open else opens - timedelta(days=400)
    m.earliest_at = start
    rules = [] if m.class_ == "service" else oracle.own_rules(m.address, m.channel) + [
        rule
        for rule in oracle.rules
        if m.class_ in rule["when_classes"] and (rule["channels"] is None or m.channel in rule["channels"])
    ]  # fmt: skip
    m.possible_at = first_instant(oracle, rules, m, log, start, end)
    best = oracle.scores.get(m.customer_id, {}).get("best_hour_local")
    if m.possible_at and best is not None and oracle.settings["sends_at_best_hour"] and m.class_ != "service":
        best_at = instant(oracle.run_date, time(best), m.zone)
        if best_at < end:
            m.possible_at = max(m.possible_at, best_at)
    has_hours = first_instant(oracle, [], m, log, start, end) is not None
    if not has_hours:
        m.failed.add("OUTSIDE_WINDOW")
    # Only the window stands in the way where the rules would permit some instant of the day.
    rest_of_day = max(m.due_at, oracle.as_of), oracle.next_as_of
    for rule in rules:
        permitted = first_instant(oracle, [rule], m, log, start, end) is not None
        window_only = not has_hours and first_instant(oracle, [rule], m, log, *rest_of_day) is not None
        if not permitted and not window_only:
            m.broken_rules.append(rule["name"])
    if m.broken_rules:
        m.failed.add("QUARANTINED")


def yields_to(oracle: Oracle, m: Message, others: list[Message], log: list[Sent]) -> bool:
    """Gate 16: a more important message falls due later, where this one would stand in its way."""
    if m.class_ == "service" or m.step["yields"] is False:
        return False
    at = m.possible_at or m.earliest_at
    for h in others:
        if h.class_ == "service" or h.touch == m.touch or not h.passes(14):
            continue
        if h.journey["priority"] >= m.journey["priority"] or at is None or h.due_at <= at:
            continue
        for rule in oracle.rules:
            window = timedelta(seconds=rule["window_seconds"])
            concerned = h.class_ in rule["when_classes"] and m.class_ in rule["counts_classes"]
            if rule["channels"] is not None:
                concerned &= h.channel in rule["channels"] and m.channel in rule["channels"]
            if not concerned or h.due_at >= at + window:
                continue
            if units(rule, log, {m.touch, h.touch}, h.due_at - window) + 1 >= rule["max_messages"]:
                return True
    return False
