"""SMS: what is paid for and what arrives."""

from __future__ import annotations

import pytest

from assets.messaging.sms import measure, normalise


@pytest.mark.parametrize(
    ("text", "encoding", "segments"),
    [
        ("a" * 160, "GSM-7", 1),
        ("a" * 161, "GSM-7", 2),
        ("a" * 306, "GSM-7", 2),
        ("a" * 307, "GSM-7", 3),
        ("æøåÆØÅäöüé" * 16, "GSM-7", 1),
        ("€" * 80, "GSM-7", 1),
        ("€" * 81, "GSM-7", 2),
        ("a" * 152 + "€" + "a" * 153, "GSM-7", 3),
        ("á" * 70, "UCS-2", 1),
        ("á" * 71, "UCS-2", 2),
        ("🎉" * 35, "UCS-2", 1),
        ("🎉" * 36, "UCS-2", 2),
        ("á" * 66 + "🎉" + "á" * 66, "UCS-2", 3),
    ],
)
def test_segments_are_those_that_the_network_bills(text: str, encoding: str, segments: int) -> None:
    """€ takes two places, and neither an escape nor a surrogate pair may be split over two segments."""
    size = measure(text)
    assert (size.encoding, size.segments) == (encoding, segments)


def test_a_no_break_space_does_not_double_the_price() -> None:
    """Amounts are formatted with U+00A0, which alone would force UCS-2."""
    assert measure(normalise("Kjøp for 1\u00a0299\u202fkr – “nå”…")).encoding == "GSM-7"


def test_accents_are_dropped_only_where_that_saves_the_message() -> None:
    """A name keeps its letters if the message is UCS-2 anyway."""
    assert normalise("Hei Zoë og Łukasz") == "Hei Zoe og Lukasz"
    assert normalise("Hei Zoë 🎉") == "Hei Zoë 🎉"
    assert normalise("Hei Åse, é og ü") == "Hei Åse, é og ü"
