"""What makes a history nasty, recognised in the rows of a decided day: so that a test can say what it has met."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from tests.dbt.decisions.oracle_inputs import COUNTS_AS_SENT, Inputs
from tests.dbt.decisions.oracle_rules import HOME_ZONE, instant, known_zone
from tests.dbt.decisions.relations import Row, Tables

SITUATIONS = frozenset(
    {
        "clocks go forward today",
        "clocks go back today",
        "clocks changed inside a rule's window",
        "recipient's clocks change today, the retailer's do not",
        "recipient in a zone to the west",
        "recipient in a zone to the east",
        "last day of the year",
        "first day of the year",
        "29 February",
        "exactly a rule's window after the last one",
        "same priority and due at the same instant",
        "sent under an id that was merged since",
        "two winners at one address",
        "first channel is held by the policy, the other goes",
        "service message inside a full window",
        "cap above one is full",
        "cap above one leaves room",
        "rule that names a channel is full",
        "yields to a more important one",
        "does not yield although a more important one follows",
        "message of a run that was late",
        "newsletter from outside fills a rule",
        "step that was added while people were inside",
    }
)


def situations(run_date: date, tables: Tables, rows: list[Row]) -> set[str]:
    """Those of SITUATIONS that the day's rows hold."""
    day = Inputs(run_date, tables)
    return {*_of_the_calendar(day, rows), *_of_the_policy(day, rows), *_between_rows(day, rows)}


def _clock(on: date, zone: str | None) -> timedelta:
    """How much longer than 24 hours the local day is."""
    local = known_zone(zone)
    return instant(on + timedelta(days=1), time(0), local) - instant(on, time(0), local) - timedelta(days=1)


def _of_the_calendar(day: Inputs, rows: list[Row]) -> Iterator[str]:
    here = _clock(day.run_date, None)
    if here < timedelta(0):
        yield "clocks go forward today"
    if here > timedelta(0):
        yield "clocks go back today"
    if any(_clock(day.run_date - timedelta(days=n), None) for n in (1, 2)):
        yield "clocks changed inside a rule's window"
    if (day.run_date.month, day.run_date.day) == (12, 31):
        yield "last day of the year"
    if (day.run_date.month, day.run_date.day) == (1, 1):
        yield "first day of the year"
    if (day.run_date.month, day.run_date.day) == (2, 29):
        yield "29 February"
    noon = datetime.combine(day.run_date, time(12))
    for row in rows:
        zone = day.customers.get(day.current(row["customer_id"]), {}).get("timezone")
        if row["decision"] != "send" or known_zone(zone) is HOME_ZONE:
            continue
        ahead = noon.replace(tzinfo=HOME_ZONE).timestamp() - noon.replace(tzinfo=known_zone(zone)).timestamp()
        yield f"recipient in a zone to the {'east' if ahead > 0 else 'west'}"
        if _clock(day.run_date, zone) and not here:
            yield "recipient's clocks change today, the retailer's do not"


def _of_the_policy(day: Inputs, rows: list[Row]) -> Iterator[str]:
    before, _ = day.handed_off()
    log = day.history(before)
    rules = {rule["name"]: rule for rule in day.rules}
    if any(message["sent_at"] >= day.as_of for message in before if message["run_date"] < day.run_date):
        yield "message of a run that was late"
    for row in rows:
        received = log[day.current(row["customer_id"])]
        broken = rules.get(row["quarantine_rule"] or "")
        if broken and broken["max_messages"] > 1:
            yield "cap above one is full"
        if broken and broken["channels"]:
            yield "rule that names a channel is full"
        if broken and any(sent.touch[0] == "external" and sent.class_ in broken["counts_classes"] for sent in received):
            yield "newsletter from outside fills a rule"
        if row["decision"] != "send":
            continue
        for rule in day.rules:
            window = timedelta(seconds=rule["window_seconds"])
            counted = [sent for sent in received if sent.class_ in rule["counts_classes"]]
            if row["class"] == "service":
                if sum(sent.at > row["send_at"] - window for sent in counted) >= rule["max_messages"]:
                    yield "service message inside a full window"
            elif row["class"] in rule["when_classes"]:
                if any(sent.at == row["send_at"] - window for sent in counted) and rule["max_messages"] == 1:
                    yield "exactly a rule's window after the last one"
                if rule["max_messages"] > 1 and any(sent.at > row["send_at"] - window for sent in counted):
                    yield "cap above one leaves room"


def _between_rows(day: Inputs, rows: list[Row]) -> Iterator[str]:
    steps = {(step["journey"], step["step"]): step for step in day.of("stg_templates__journey_steps")}
    fallbacks = {
        (channel["journey"], channel["step"])
        for channel in day.of("stg_templates__journey_step_channels")
        if channel["is_fallback"]
    }
    sent_as = defaultdict(set)
    for message in day.of("stg_outbox__contact_log"):
        if message["state"] in COUNTS_AS_SENT:
            owner = day.current(message["customer_id"])
            sent_as[owner, message["journey"], message["step"], message["anchor"]].add(message["customer_id"])
    by_customer = defaultdict(list)
    for row in rows:
        by_customer[day.current(row["customer_id"])].append(row)
        key = (day.current(row["customer_id"]), row["journey"], row["step"], row["anchor"])
        if row["reason"] == "ALREADY_SENT" and any(customer_id != key[0] for customer_id in sent_as[key]):
            yield "sent under an id that was merged since"
        if row["reason"] == "DUPLICATE_ADDRESS":
            yield "two winners at one address"
        if row["reason"] == "RESERVED":
            yield "yields to a more important one"
        if row["step"] == "added":
            yield "step that was added while people were inside"
        if row["decision"] == "send" and steps.get((row["journey"], row["step"]), {}).get("yields") is False:
            later = (
                anchor["anchor_at"] + timedelta(seconds=step["delay_seconds"]) > row["send_at"]
                for anchor in day.of_customer("int_triggers__anchors", key[0])
                for step in steps.values()
                if step["journey"] == anchor["journey"]
                and day.journeys[step["journey"]]["priority"] < row["priority"]
                and day.journeys[step["journey"]]["class"] != "service"
            )
            if any(later):
                yield "does not yield although a more important one follows"
    for mine in by_customer.values():
        for row in mine:
            for other in mine:
                same_touch = other["touch_id"] == row["touch_id"]
                if row["decision"] != "send" or row["class"] == "service":
                    continue
                ties = (other["priority"], other["due_at"]) == (row["priority"], row["due_at"])
                if other["reason"] == "OUTRANKED" and ties and not same_touch:
                    yield "same priority and due at the same instant"
                is_alternative = same_touch and (row["journey"], row["step"]) in fallbacks
                if is_alternative and other["reason"] in ("QUARANTINED", "RESERVED", "OUTSIDE_WINDOW"):
                    yield "first channel is held by the policy, the other goes"
