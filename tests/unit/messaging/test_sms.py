"""SMS: what is paid for and what arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


# GSM 03.38, written down from the standard's table a second time: rows of sixteen, in the order of their codes.
GSM_0338 = (
    "@£$¥èéùìòÇ\nØø\rÅå" "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ" " !\"#¤%&'()*+,-./" "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO" "PQRSTUVWXYZÄÖÑÜ§" "¿abcdefghijklmno" "pqrstuvwxyzäöñüà"
)  # fmt: skip
GSM_ESCAPED = {
    "\f": 0x0A,
    "^": 0x14,
    "{": 0x28,
    "}": 0x29,
    "\\": 0x2F,
    "[": 0x3C,
    "~": 0x3D,
    "]": 0x3E,
    "|": 0x40,
    "€": 0x65,
}


def packed_segments(text: str) -> int:
    """A second counter that packs instead of counting: characters become octets, and segments are filled with them."""
    if all(c in GSM_0338.replace("\x1b", "") or c in GSM_ESCAPED for c in text):
        # Seven bits each: 140 octets hold 160; with a header of six octets (and a fill bit) 153 are left.
        pieces = [[0x1B, GSM_ESCAPED[c]] if c in GSM_ESCAPED else [GSM_0338.index(c)] for c in text]
        whole, part = 140 * 8 // 7, (140 - 6) * 8 // 7
    else:
        pieces = [list(c.encode("utf-16-be")) for c in text]
        whole, part = 140, 140 - 6
    if sum(map(len, pieces)) <= whole:
        return 1
    segments: list[list[int]] = [[]]
    for piece in pieces:
        if len(segments[-1]) + len(piece) > part:
            segments.append([])
        segments[-1] += piece
    return len(segments)


@given(
    st.text(st.sampled_from("abc åøæ€[]~^🐦–á\n") | st.characters(exclude_categories=["Cs"]), min_size=1, max_size=400)
)
def test_an_independent_counter_that_packs_octets_agrees(text: str) -> None:
    """Segments are money; two ways of counting that share no line of code must agree on every text."""
    assert measure(text).segments == packed_segments(text)


@given(st.text("aå€🐦", min_size=60, max_size=480))
def test_both_counters_agree_around_the_limits(text: str) -> None:
    """160 and 153, 70 and 67, and pairs that may not be split."""
    assert measure(text).segments == packed_segments(text)
