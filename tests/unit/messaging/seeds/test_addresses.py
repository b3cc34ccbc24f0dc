"""The seed list: read as people write it, and refused without telling anybody's address."""

from __future__ import annotations

import re

import pytest

from assets.messaging.seeds.addresses import seeds_of
from orchestration.settings import Settings, SettingsError


def listed(text: str) -> Settings:
    return Settings.from_env({"FREDNING_SEED_LIST": text})


def test_mail_addresses_and_mobile_numbers_are_told_apart_and_made_plain() -> None:
    """A number as people write it becomes the one that gateways take; positions are those of the list."""
    found = seeds_of(listed(" kari@butikk.example, 400 00 001,+46 70-174 06 05 ,0047 400 00 002,"))
    assert [(seed.position, seed.channel, seed.address) for seed in found] == [
        (1, "email", "kari@butikk.example"),
        (2, "sms", "+4740000001"),
        (3, "sms", "+46701740605"),
        (4, "sms", "+4740000002"),
    ]


def test_every_entry_that_cannot_be_used_is_named_by_its_position_and_never_by_itself() -> None:
    """All at once; and the list is of people, so that no log may quote it."""
    bad = ["Kari <kari@butikk.example>", "kåre@butikk.example", "kari", "+4722000001", "+47123", "a@b\rBcc:x@y.no"]
    with pytest.raises(SettingsError) as refused:
        seeds_of(listed(", ".join(["ola@butikk.example", *bad, "OLA@butikk.example"])))
    said = str(refused.value)
    assert re.findall(r"^- entry (\d+) ", said, re.MULTILINE) == ["2", "3", "4", "5", "6", "7", "8"]
    assert "entry 5 is not a mobile number" in said
    assert "entry 8 is entry 1 again" in said
    for word in ("kari", "kåre", "butikk", "4722", "ola@", "Bcc"):
        assert word not in said


@pytest.mark.parametrize("text", ["", " , ,"])
def test_an_empty_list_says_what_to_set(text: str) -> None:
    """The first thing that somebody who tries it meets."""
    with pytest.raises(SettingsError, match=r"FREDNING_SEED_LIST is not set.*mail addresses and mobile numbers"):
        seeds_of(listed(text))


def test_no_address_is_in_what_gets_printed_or_logged_by_accident() -> None:
    """Settings and seeds travel through Dagster and tracebacks."""
    settings = listed("kari@butikk.example")
    assert "kari" not in repr(settings)
    assert "kari" not in repr(seeds_of(settings))
