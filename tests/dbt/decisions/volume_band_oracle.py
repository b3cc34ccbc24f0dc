"""The forecast band in plain Python, one journey and channel after the other; it shares nothing with the SQL."""

from __future__ import annotations

import math
import statistics
from datetime import date

from tests.dbt.decisions.volume_band_worlds import TODAY, World

HISTORY, WEEKDAYS = 91, 3


def oracle(world: World) -> set[tuple[str, str, float | None, int, int, bool, bool]]:
    """(journey, channel, forecast, lowest, highest, is held, has a remark), one journey after the other."""
    of_a_day: dict[tuple[str, str], dict[date, int]] = {}
    for past in world.past:
        if past.state not in ("READY", "HELD") and 1 <= (TODAY - past.day).days <= HISTORY and past.n:
            days = of_a_day.setdefault((past.journey, past.channel), {})
            days[past.day] = days.get(past.day, 0) + past.n
    today: dict[tuple[str, str], int] = {}
    for journey, channel, decision, n in world.today:
        if decision == "send" and n:
            today[journey, channel] = today.get((journey, channel), 0) + n
    found = set()
    for key in of_a_day.keys() | today.keys():
        days, n = of_a_day.get(key, {}), today.get(key, 0)
        fridays = [count for day, count in days.items() if day.weekday() == TODAY.weekday()]
        forecast, lowest = None, 0
        highest = min(world.max_messages, world.max_without_forecast)
        if len(days) >= world.min_past_runs:
            forecast = on_this_day = float(statistics.median(days.values()))
            if len(fridays) >= WEEKDAYS:
                on_this_day = float(statistics.median(fridays))
                forecast = max(forecast, on_this_day)
            highest = min(world.max_messages, max(world.always_fine, math.floor(forecast * world.max_ratio)))
            if on_this_day > world.always_fine and (n or len(fridays) >= WEEKDAYS):
                lowest = math.ceil(on_this_day / world.max_ratio)
        allowed = [
            top for journey, first, last, top in world.exceptions if journey == key[0] and first <= TODAY <= last
        ]
        if allowed:
            highest = max(allowed)
        found.add((*key, forecast, lowest, highest, n > highest, n < lowest))
    return found
