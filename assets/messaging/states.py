"""The life of a message in the outbox ledger, declared once as data: states, permitted moves, what they mean.

Nothing here does anything; `outbox` refuses every move that this table does not name.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class State(StrEnum):
    PLANNED = "PLANNED"
    SUPPRESSED = "SUPPRESSED"
    HELD = "HELD"
    EXPIRED = "EXPIRED"
    READY = "READY"
    APPROVED = "APPROVED"
    CLAIMED = "CLAIMED"
    SENDING = "SENDING"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    DEFERRED = "DEFERRED"
    UNKNOWN = "UNKNOWN"
    QUARANTINED = "QUARANTINED"
    DELIVERED = "DELIVERED"
    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"


S = State

# A move that is not here does not happen. Two of them carry the whole promise of "exactly once":
# - SENDING has no way back to READY. Once an intent is on disk, only evidence moves a message on.
# - UNKNOWN reaches DEFERRED (and so READY) only through a channel that can *prove* absence, such as a
#   local file that is not there although its writer is gone. A provider's silence proves nothing.
MOVES: dict[State, frozenset[State]] = {
    S.PLANNED: frozenset({S.SUPPRESSED, S.HELD, S.EXPIRED, S.READY, S.PLANNED}),
    # Held messages are decided anew by a later run, which plans them again.
    S.HELD: frozenset({S.PLANNED, S.READY, S.SUPPRESSED, S.EXPIRED, S.HELD}),
    S.READY: frozenset({S.APPROVED, S.HELD, S.SUPPRESSED, S.EXPIRED, S.PLANNED}),
    S.APPROVED: frozenset({S.CLAIMED, S.HELD, S.SUPPRESSED, S.EXPIRED, S.PLANNED}),
    # A dead lease, or a worker that gives up before its intent, goes back; nothing has left yet.
    S.CLAIMED: frozenset({S.SENDING, S.READY, S.SUPPRESSED, S.EXPIRED, S.HELD}),
    S.SENDING: frozenset({S.ACCEPTED, S.REJECTED, S.DEFERRED, S.UNKNOWN}),
    S.DEFERRED: frozenset({S.READY, S.HELD, S.SUPPRESSED, S.EXPIRED, S.PLANNED}),
    # Back to SENDING means: the same bytes again, inside the provider's idempotency window.
    S.UNKNOWN: frozenset({S.ACCEPTED, S.REJECTED, S.SENDING, S.DEFERRED, S.QUARANTINED}),
    S.QUARANTINED: frozenset({S.ACCEPTED, S.REJECTED}),
    S.ACCEPTED: frozenset({S.DELIVERED, S.BOUNCED, S.COMPLAINED}),
    # Provider events come in any order: a soft bounce may be followed by delivery, never a hard one.
    S.DELIVERED: frozenset({S.BOUNCED, S.COMPLAINED}),
    S.BOUNCED: frozenset({S.DELIVERED, S.BOUNCED, S.COMPLAINED}),
    S.COMPLAINED: frozenset(),
    S.SUPPRESSED: frozenset(),
    S.EXPIRED: frozenset(),
    S.REJECTED: frozenset(),
}

# From the intent on, a message may have reached the customer, so the contact policy must count it.
COUNTS_AS_SENT = frozenset({S.SENDING, S.ACCEPTED, S.UNKNOWN, S.DELIVERED, S.BOUNCED, S.COMPLAINED, S.QUARANTINED})

# Still to be sent: a later run may plan these again, with newer content.
OPEN = frozenset({S.PLANNED, S.HELD, S.READY, S.APPROVED, S.DEFERRED})

# In the hands of one worker.
LEASED = frozenset({S.CLAIMED, S.SENDING})

FINAL = frozenset(state for state, targets in MOVES.items() if not targets)


class IllegalMove(ValueError):
    """A move that the table does not name was asked for: a programming error, never a data error."""


def check_move(sources: Iterable[State], target: State) -> None:
    """Raise `IllegalMove` unless every source may move to the target."""
    wrong = sorted(source for source in sources if target not in MOVES[source])
    if wrong:
        raise IllegalMove(f"no move from {', '.join(wrong)} to {target}; see states.MOVES")
