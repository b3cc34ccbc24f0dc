"""Under which digits an erased person's number is looked for in files."""

from __future__ import annotations

import pytest

from assets.identity.phones import numbers_meant
from assets.privacy.numbers import phones_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+47 912 34 567", {"4791234567", "47091234567", "91234567"}),
        ("0049 (0)171-1234567", {"491711234567", "4901711234567", "1711234567"}),
        ("+46 (0)70 123 45 67", {"46701234567", "460701234567", "701234567"}),
        ("0701234567", {"701234567"}),
        ("12345", set()),
        (None, set()),
    ],
)
def test_a_number_is_looked_for_in_every_way_it_may_be_written(text: str | None, expected: set[str]) -> None:
    """A spelling that is not looked for stays in a file for ever."""
    assert phones_of(text) == expected


def test_a_number_without_calling_code_is_read_in_the_countries_asked_for_only() -> None:
    """Twenty-one million people share eight digits in Norway, Denmark and Latvia: the wrong one must not be erased."""
    assert numbers_meant("21 23 45 67", ["NO"]) == {"+4721234567"}
    assert numbers_meant("21 23 45 67", ["NO", "DK"]) == {"+4721234567", "+4521234567"}
    assert numbers_meant("+371 21 23 45 67", ["NO"]) == {"+37121234567"}
    assert numbers_meant("ring mor", ["NO"]) == numbers_meant(None, ["NO"]) == frozenset()
