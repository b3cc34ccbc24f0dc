"""Rules that one journey must keep together with the policy, the catalogue and the other journeys.

What one file alone may say is the schema's part (`journey_schema`), what is inside the messages that of
`template_checks`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import time

from ruamel.yaml.comments import CommentedMap

from assets.messaging.journey_schema import Journey, Step
from assets.messaging.policy_schema import Policy, SendingWindow
from assets.messaging.template_files import Notes, line_of, near
from assets.messaging.triggers.broadcast import Broadcast

DAY = 86_400


def check_sending_hours(key: str, journey: Journey, policy: Policy, document: CommentedMap, notes: Notes) -> None:
    """A step must be valid for longer than the wait for its first permitted hour, or some messages can never leave."""
    for index, step in enumerate(journey.steps):
        file = f"journeys/{key}/journey.yml"
        for channel, _ in step.channel_order():
            window = policy.sending_windows.email if channel == "email" else policy.sending_windows.sms
            if step.send_after and step.send_after >= window.closes:
                notes.mistake(
                    file, line_of(document, ["steps", index, "send_after"]),
                    f"step `{step.id}` may be sent after {step.send_after:%H:%M}, but {channel} closes at "
                    f"{window.closes:%H:%M}",
                    "Choose an earlier `send_after`; the hours stand in policy.yml.",
                )  # fmt: skip
                continue
            wait = max(_waits(journey, step, window))
            valid = step.valid_for or _rest_of_day(journey, step)
            if valid <= wait:
                notes.mistake(
                    file, line_of(document, ["steps", index, "valid_for"]),
                    f"step `{step.id}` is valid for {valid / 3600:g} hours, but may have to wait {wait / 3600:g} hours "
                    f"for the first hour in which {channel} is permitted",
                    "Raise `valid_for`, or let the step fall due inside the sending hours (policy.yml).",
                )  # fmt: skip


def check_volume_exceptions(policy: Policy, document: CommentedMap, known: Collection[str], notes: Notes) -> None:
    """An exception for a journey that does not exist would let nothing through on the day it was meant for."""
    for index, exception in enumerate(policy.caps.exceptions):
        if exception.journey not in known:
            notes.mistake(
                "policy.yml",
                line_of(document, ["caps", "exceptions", index, "journey"]),
                f"there is no journey `{exception.journey}`",
                near(exception.journey, known),
            )


def _seconds(clock: time) -> int:
    return clock.hour * 3600 + clock.minute * 60


def _due_clock(journey: Journey, step: Step) -> int | None:
    """Second of the local day at which the step always falls due; None where it may be any."""
    if not journey.trigger.has_fixed_clock:
        return None
    start = _seconds(journey.trigger.at) if isinstance(journey.trigger, Broadcast) else 0
    return (start + step.delay) % DAY


def _waits(journey: Journey, step: Step, window: SendingWindow) -> Iterator[int]:
    """Seconds from due to the first permitted instant on ordinary days, at worst; SMS may meet a Sunday, too."""
    clock = _due_clock(journey, step)
    opens, closes = _seconds(window.opens), _seconds(window.closes)
    extra = 0 if window.on_sundays else DAY
    if clock is None:
        yield DAY - closes + opens + extra
    elif clock >= closes:
        yield DAY - clock + opens + extra
    else:
        yield max(0, max(opens, _seconds(step.send_after or time(0))) - clock) + extra


def _rest_of_day(journey: Journey, step: Step) -> int:
    """`same day` in seconds: to midnight, at worst nothing at all."""
    clock = _due_clock(journey, step)
    return 0 if clock is None else DAY - clock


def check_priorities(journeys: dict[str, Journey], documents: dict[str, CommentedMap], notes: Notes) -> None:
    """Two journeys of one priority that can meet in one customer leave it to chance of names which is heard."""
    for key, journey in sorted(journeys.items()):
        for other, rival in sorted(journeys.items()):
            if other >= key or rival.priority != journey.priority or not _can_meet(journey, rival):
                continue
            notes.mistake(
                f"journeys/{key}/journey.yml", line_of(documents[key], ["priority"]),
                f"priority {journey.priority} is also that of {other}, and both may reach the same customer",
                "Give each a priority of its own: it decides who is heard when both are due.",
            )  # fmt: skip
            break


def _can_meet(one: Journey, other: Journey) -> bool:
    """Whether a customer can be in both audiences, and the two are arbitrated at all."""
    types = {one.audience.customer_type, other.audience.customer_type}
    return "service" not in (one.message_class, other.message_class) and (len(types) == 1 or "any" in types)


def check_product_groups(
    journeys: dict[str, Journey], documents: dict[str, CommentedMap], known: Collection[str], notes: Notes
) -> None:
    """A group that the catalogue does not have would start nothing, for ever and silently."""
    for key, journey in sorted(journeys.items()):
        for group in journey.trigger.product_groups():
            if group not in known:
                notes.mistake(
                    f"journeys/{key}/journey.yml", line_of(documents[key], ["trigger"]),
                    f"the catalogue has no product group `{group}`",
                    near(group, known) if len(known) <= 40 else near(group, known).split(" Possible")[0][:200],
                )  # fmt: skip
