"""An explanation as plain text for people. What it says is found in `explain`; nothing is looked up here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from assets.decisions.explain import Explanation
from assets.decisions.explain_gates import Considered

_MARKS = {"passed": "+", "failed": "x", "not_asked": "."}


def as_text(explanation: Explanation, zone: ZoneInfo, *, all_gates: bool = False) -> str:
    """The explanation in reading order: outcome, each message considered, what was received, what is likely next.

    Passed gates are summed up in one line unless `all_gates`; failed ones always show their evidence.
    """
    return "\n".join(_lines(explanation, zone, all_gates))


def _lines(e: Explanation, zone: ZoneInfo, all_gates: bool) -> Iterator[str]:
    known_as = f" (before: {', '.join(e.past_customer_ids)})" if e.past_customer_ids else ""
    yield f"{e.customer_id}{known_as} on {e.run_date}, times in {zone.key}"
    yield ""
    yield _outcome(e, zone)
    if e.quarantine:
        yield (
            f"Newsletters from elsewhere: left in peace until {_at(e.quarantine['until_at'], zone)} "
            f"(rule {e.quarantine['rule']})."
        )
    for considered in e.considered:
        yield ""
        yield from _message(considered, zone, all_gates)
    if e.without_candidate:
        yield ""
        yield f"No reason to write in: {', '.join(e.without_candidate)}."
    yield ""
    yield from _received(e, zone)
    yield ""
    yield from _calendar(e, zone)


def _outcome(e: Explanation, zone: ZoneInfo) -> str:
    sent = [c.row for c in e.considered if c.row["decision"] == "send"]
    if sent:
        touches = ", ".join(
            f"{r['journey']} / {r['step']} by {r['channel']} at {_at(r['send_at'], zone)}" for r in sent
        )
        return f"Sent: {touches}."
    if not e.considered:
        return "Nothing could have been sent: no journey had a message for this person on that day."
    return f"Nothing was sent: {len(e.considered)} possible message(s), each stopped by a gate."


def _message(c: Considered, zone: ZoneInfo, all_gates: bool) -> Iterator[str]:
    row = c.row
    decision = row["decision"].upper() + (f": {row['reason']}" if row["reason"] else "")
    yield f"{_named(row)} (priority {row['priority']}, {row['class']})  {decision}"
    yield f"    started by {row['anchor']}{_trigger(row)}"
    yield f"    due {_at(row['due_at'], zone)}, useful until {_at(row['expires_at'], zone)}"
    yield f"    message {row['message_id']}"
    if row["permission_id"]:
        yield f"    permission: {row['permission_basis']} {row['permission_id']}"
    if row["variant"]:
        yield f"    experiment {row['experiment']}: {row['variant']}"
    passed = [g for g in c.gates if g.outcome == "passed"]
    for gate in c.gates:
        if gate.outcome == "failed":
            why = f"{gate.reason}: {gate.sentence}{_found(gate.evidence, zone)}"
            yield f"    {_MARKS['failed']} {gate.position:>2} {why}"
        elif all_gates:
            yield f"    {_MARKS[gate.outcome]} {gate.position:>2} {gate.reason}{_found(gate.evidence, zone)}"
    if not all_gates:
        yield f"    {_MARKS['passed']}  {len(passed)} of {len(c.gates)} gates passed (--all-gates names them)"


def _named(row: dict[str, Any]) -> str:
    return f"{row['journey']} / {row['step']} by {row['channel']}"


def _trigger(row: dict[str, Any]) -> str:
    trigger = row["evidence"].get("trigger") or {}
    shown = ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in trigger.items() if value is not None)
    branch = "" if row["branch"] in (None, "default") else f"; branch {row['branch']}"
    return (f" ({shown})" if shown else "") + branch


def _found(evidence: dict[str, Any], zone: ZoneInfo) -> str:
    parts = []
    for key, value in evidence.items():
        if isinstance(value, dict):
            shown = ", ".join(f"{k.replace('_', ' ')} {_value(v, zone)}" for k, v in value.items())
        else:
            shown = _value(value, zone)
        parts.append(f"{key.replace('_', ' ')} {shown}")
    return f" [{'; '.join(parts)}]" if parts else ""


def _value(value: Any, zone: ZoneInfo) -> str:
    if isinstance(value, list):
        return ", ".join(_value(inner, zone) for inner in value)
    text = str(value)
    # Instants stand in the evidence as UTC text.
    if len(text) >= 19 and text[4:5] == "-" and text[13:14] == ":":
        return _at(datetime.fromisoformat(text), zone)
    return text


def _received(e: Explanation, zone: ZoneInfo) -> Iterator[str]:
    if not e.received:
        yield "Received nothing in the 30 days before."
        return
    yield "Received in the 30 days before, and on the day:"
    for message in e.received:
        what = "a newsletter sent elsewhere" if message["is_external"] else f"{message['journey']} / {message['step']}"
        yield (
            f"    {_at(message['sent_at'], zone)}  {what} by {message['channel']} "
            f"({message['class']}, {str(message['state']).lower()}) {message['message_id']}"
        )


def _calendar(e: Explanation, zone: ZoneInfo) -> Iterator[str]:
    if e.calendar_is_forecast:
        yield "Likely in the next 14 days, as things stand (every gate is tested again on its day):"
    else:
        yield "What was decided in the 14 days after:"
    if not e.calendar:
        yield "    nothing"
    for coming in e.calendar:
        until = f", until {_at(coming['expires_at'], zone)}" if coming["expires_at"] else ""
        what = f"{coming['journey']} / {coming['step']} by {coming['channels']}"
        yield f"    {_at(coming['at'], zone)}  {what}: {coming['why']}{until}"


def _at(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}"
