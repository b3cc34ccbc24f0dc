"""Who gets test messages: the retailer's own people, named in the environment and nowhere else. Sends nothing.

What is said of an entry names its position in the list, never its address.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from assets.identity.phones import numbers_meant, read_number
from assets.messaging.mime import UnsafeHeader, plain_address
from orchestration.settings import Settings, SettingsError

_EXAMPLE = 'FREDNING_SEED_LIST="kari@butikk.example, +47 400 00 000"'


@dataclass(frozen=True, slots=True)
class Seed:
    """One inbox or phone, and where it stands in the list, counted from 1."""

    position: int
    channel: str
    address: str = field(repr=False)


# Whom files are addressed to that are for looking at only.
NOBODY = (Seed(0, "email", "nobody@seed.invalid"), Seed(0, "sms", "+0"))


def seeds_of(settings: Settings) -> tuple[Seed, ...]:
    """The whole list. Raises `SettingsError` for an empty one, and for every entry that cannot be used, at once."""
    if not settings.seed_list:
        raise SettingsError(
            "FREDNING_SEED_LIST is not set. It names who gets test messages, mail addresses and mobile numbers of "
            f"your own people, separated by commas: {_EXAMPLE}."
        )
    found: list[Seed] = []
    problems: list[str] = []
    for position, entry in enumerate(settings.seed_list, start=1):
        seed = _seed(position, entry, settings.country)
        if isinstance(seed, str):
            problems.append(f"entry {position} {seed}")
        elif twin := _same(found, seed):
            problems.append(f"entry {position} is entry {twin.position} again")
        else:
            found.append(seed)
    if problems:
        raise SettingsError("FREDNING_SEED_LIST cannot be used:\n" + "\n".join(f"- {p}" for p in problems))
    return tuple(found)


def _seed(position: int, entry: str, country: str) -> Seed | str:
    """The entry as it is written to, or what is wrong with it."""
    if "@" in entry:
        try:
            return Seed(position, "email", plain_address("To", entry))
        except UnsafeHeader:
            return "is not one plain mail address"
    number = next(iter(numbers_meant(entry, (country,))), None)
    reading = number and read_number(number, "")
    if not reading:
        return "is neither a mail address nor a telephone number"
    return Seed(position, "sms", reading["phone"]) if reading["is_mobile"] else "is not a mobile number"


def _same(found: Sequence[Seed], seed: Seed) -> Seed | None:
    return next((one for one in found if one.address.lower() == seed.address.lower()), None)
