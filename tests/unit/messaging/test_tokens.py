"""Tokens of the unsubscribe link."""

from __future__ import annotations

import hmac

import pytest

from assets.messaging.tokens import TokenError, hmac_sha256, make_token, make_tokens, read_token

KEY, FORMER, FOREIGN = b"k" * 32, b"f" * 32, b"x" * 32
MESSAGE = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_a_token_names_its_message_and_channel(channel: str) -> None:
    assert read_token([KEY], make_token(KEY, MESSAGE, channel)) == (MESSAGE, channel)


@pytest.mark.parametrize("channel", ["email", "sms"])
def test_tokens_made_together_are_those_made_one_by_one(channel: str) -> None:
    """A page of mails is signed at once; each link must be the one that a mail of its own would have."""
    ids = [f"{number:032x}" for number in (0, 1, 2**127, 2**128 - 1, *range(500, 600))]
    assert make_tokens(KEY, ids, channel) == [make_token(KEY, message_id, channel) for message_id in ids]
    assert make_tokens(KEY, [], channel) == []


@pytest.mark.parametrize("ids", [["ab"], [MESSAGE + "a", MESSAGE[1:]], [" " * 2 + MESSAGE[2:]], [MESSAGE, "x" * 32]])
def test_what_is_no_message_id_gets_no_token(ids: list[str]) -> None:
    """Ids are read in one go; a short one must not borrow digits of its neighbour."""
    with pytest.raises(ValueError, match="hex"):
        make_tokens(KEY, ids, "email")


def test_a_token_signed_with_a_former_key_still_works() -> None:
    """Mails lie in inboxes for years; rotating the key must not break their unsubscribe links."""
    assert read_token([KEY, FORMER], make_token(FORMER, MESSAGE, "email")) == (MESSAGE, "email")


@pytest.mark.parametrize(
    "token",
    ["", "a", "æøå", "!" * 39, make_token(FOREIGN, MESSAGE, "email"), make_token(KEY, MESSAGE, "email")[:-1]],
)
def test_everything_else_is_refused(token: str) -> None:
    """A forged token would unsubscribe strangers."""
    with pytest.raises(TokenError):
        read_token([KEY], token)


def test_any_changed_character_is_refused() -> None:
    token = make_token(KEY, MESSAGE, "email")
    for index, character in enumerate(token):
        forged = token[:index] + ("A" if character != "A" else "B") + token[index + 1 :]
        with pytest.raises(TokenError):
            read_token([KEY], forged)


@pytest.mark.parametrize("key", [b"k", b"k" * 32, b"k" * 64, b"k" * 65, b"k" * 200])
def test_the_quick_hmac_is_the_standard_librarys(key: bytes) -> None:
    """Keys below, at and above a block are treated differently; links must go on working whichever was used."""
    for message in (b"", b"x", b"x" * 63, b"x" * 300):
        assert hmac_sha256(key, message) == hmac.digest(key, message, "sha256")
